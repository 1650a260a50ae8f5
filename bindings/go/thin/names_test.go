package thin

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"kpclient"
)

// The calls of the Go thin client with the arguments and results that its documents show. What has a
// type of another module there has the type of this package or of kpclient.
var (
	_ func(string) (*Config, error)                                                                                          = LoadFile
	_ func(*Config, ...*Logging) *ThinClient                                                                                 = NewThinClient
	_ func(error) bool                                                                                                       = IsExpectedOutcome
	_ func(*ServiceDescriptor) (*[32]byte, []byte)                                                                           = (*ServiceDescriptor).ToDestination
	_ func(*ThinClient) error                                                                                                = (*ThinClient).Dial
	_ func(*ThinClient) error                                                                                                = (*ThinClient).Close
	_ func(*ThinClient) bool                                                                                                 = (*ThinClient).IsConnected
	_ func(*ThinClient) error                                                                                                = (*ThinClient).Disconnect
	_ func(*ThinClient) chan Event                                                                                           = (*ThinClient).EventSink
	_ func(*ThinClient, chan Event)                                                                                          = (*ThinClient).StopEventSink
	_ func(*ThinClient) *kpclient.PKIDocument                                                                                = (*ThinClient).PKIDocument
	_ func(*ThinClient, string) (*ServiceDescriptor, error)                                                                  = (*ThinClient).GetService
	_ func(*ThinClient, string) ([]*ServiceDescriptor, error)                                                                = (*ThinClient).GetServices
	_ func(*ThinClient, *[16]byte, []byte, *[32]byte, []byte) error                                                          = (*ThinClient).SendMessage
	_ func(*ThinClient, []byte, *[32]byte, []byte) error                                                                     = (*ThinClient).SendMessageWithoutReply
	_ func(*ThinClient, context.Context, []byte, *[32]byte, []byte) ([]byte, error)                                          = (*ThinClient).BlockingSendMessage
	_ func(*ThinClient, []byte) (*WriteCap, *ReadCap, *MessageBoxIndex, error)                                               = (*ThinClient).NewKeypair
	_ func(*ThinClient, *MessageBoxIndex) (*MessageBoxIndex, error)                                                          = (*ThinClient).NextMessageBoxIndex
	_ func(*ThinClient, *ReadCap, *MessageBoxIndex) ([]byte, []byte, *[32]byte, *MessageBoxIndex, error)                     = (*ThinClient).EncryptRead
	_ func(*ThinClient, []byte, *WriteCap, *MessageBoxIndex) ([]byte, []byte, *[32]byte, *MessageBoxIndex, error)            = (*ThinClient).EncryptWrite
	_ starting                                                                                                               = (*ThinClient).StartResendingEncryptedMessage
	_ starting                                                                                                               = (*ThinClient).StartResendingEncryptedMessageReturnBoxExists
	_ starting                                                                                                               = (*ThinClient).StartResendingEncryptedMessageNoRetry
	_ func(*ThinClient, *[32]byte) error                                                                                     = (*ThinClient).CancelResendingEncryptedMessage
	_ func(*ThinClient, *WriteCap, *MessageBoxIndex, uint32) (*TombstoneRangeResult, error)                                  = (*ThinClient).TombstoneRange
	_ func(*ThinClient, []byte, *WriteCap, *MessageBoxIndex, bool, bool) ([][]byte, *MessageBoxIndex, error)                 = (*ThinClient).CreateCourierEnvelopesFromPayload
	_ func(*ThinClient, []DestinationPayload, bool, bool, []byte) (*CreateEnvelopesResult, error)                            = (*ThinClient).CreateCourierEnvelopesFromMultiPayload
	_ func(*ThinClient, *WriteCap, *MessageBoxIndex, uint32, bool, bool, []byte) ([][]byte, []byte, *MessageBoxIndex, error) = (*ThinClient).CreateCourierEnvelopesFromTombstoneRange
	_ func(*ThinClient, *WriteCap) error                                                                                     = (*ThinClient).StartResendingCopyCommand
	_ func(*ThinClient, *WriteCap, *[32]byte, []byte) error                                                                  = (*ThinClient).StartResendingCopyCommandWithCourier
	_ func(*ThinClient, *[32]byte) error                                                                                     = (*ThinClient).CancelResendingCopyCommand
	_ func(*ThinClient) ([]CourierDescriptor, error)                                                                         = (*ThinClient).GetAllCouriers
	_ func(*ThinClient, int) ([]CourierDescriptor, error)                                                                    = (*ThinClient).GetDistinctCouriers
	_ func(*ThinClient, []byte, *WriteCap, *MessageBoxIndex, []CourierDescriptor) error                                      = (*ThinClient).SendNestedCopy
	_ func(*ThinClient) *[16]byte                                                                                            = (*ThinClient).NewMessageID
	_ func(*ThinClient) *[16]byte                                                                                            = (*ThinClient).NewSURBID
	_ func(*ThinClient) *[16]byte                                                                                            = (*ThinClient).NewQueryID
)

type starting = func(*ThinClient, *ReadCap, *WriteCap, []byte, *uint8, []byte, []byte, *[32]byte) (*StartResendingResult, error)

// The fields of events and results that the documents name, as a program reads them.
func TestFieldsOfTheDocuments(t *testing.T) {
	for _, wanted := range []struct {
		of     any
		fields map[string]any
	}{
		{ConnectionStatusEvent{}, map[string]any{"IsConnected": false, "InstanceToken": [16]byte{}}},
		{NewPKIDocumentEvent{}, map[string]any{"Payload": []byte{}}},
		{NewDocumentEvent{}, map[string]any{"Document": &kpclient.PKIDocument{}}},
		{MessageSentEvent{}, map[string]any{"MessageID": new([16]byte), "SURBID": new([16]byte), "SentAt": time.Time{}, "ReplyETA": time.Second, "Err": ""}},
		{MessageReplyEvent{}, map[string]any{"MessageID": new([16]byte), "SURBID": new([16]byte), "Payload": []byte{}, "ReplyIndex": new(uint8), "ErrorCode": uint8(0)}},
		{DaemonDisconnectedEvent{}, map[string]any{"IsGraceful": false}},
		{StartResendingResult{}, map[string]any{"Plaintext": []byte{}, "CourierIdentityHash": new([32]byte), "CourierQueueID": []byte{}}},
		{TombstoneEnvelope{}, map[string]any{"MessageCiphertext": []byte{}, "EnvelopeDescriptor": []byte{}, "EnvelopeHash": new([32]byte), "BoxIndex": &MessageBoxIndex{}}},
		{TombstoneRangeResult{}, map[string]any{"Envelopes": []*TombstoneEnvelope{}, "Next": &MessageBoxIndex{}}},
		{CreateEnvelopesResult{}, map[string]any{"Envelopes": [][]byte{}, "Buffer": []byte{}}},
		{DestinationPayload{}, map[string]any{"Payload": []byte{}, "WriteCap": &WriteCap{}, "StartIndex": &MessageBoxIndex{}}},
		{CourierDescriptor{}, map[string]any{"IdentityHash": new([32]byte), "QueueID": []byte{}}},
		{CopyCommandFailedError{}, map[string]any{"ReplicaErrorCode": uint8(0), "FailedEnvelopeIndex": uint64(0)}},
	} {
		kind := reflect.TypeOf(wanted.of)
		for name, value := range wanted.fields {
			field, ok := kind.FieldByName(name)
			if !ok || field.Type != reflect.TypeOf(value) {
				t.Errorf("%v.%s is not a %T", kind, name, value)
			}
		}
	}
}

func TestACopyThatFailsSaysWhere(t *testing.T) {
	client, _ := dial(t)
	writeCap, _, first := keypair(t, client)
	write(t, client, writeCap, first, []byte("no element of a copy"))
	err := client.StartResendingCopyCommand(writeCap)
	var failed *CopyCommandFailedError
	if !errors.As(err, &failed) || !errors.Is(err, ErrCopyCommandFailed) || IsExpectedOutcome(err) {
		t.Fatal(err)
	}
	if failed.ReplicaErrorCode != 0 || failed.FailedEnvelopeIndex != 1 {
		t.Fatal(failed.ReplicaErrorCode, failed.FailedEnvelopeIndex)
	}
}

func TestAMessageToNobodySaysWhy(t *testing.T) {
	client, _ := dial(t)
	eventCh := client.EventSink()
	defer client.StopEventSink(eventCh)
	surb := client.NewSURBID()
	if err := client.SendMessage(surb, nil, new([32]byte), []byte("+echo")); err != nil {
		t.Fatal(err)
	}
	for ev := range eventCh {
		if v, ok := ev.(*MessageSentEvent); ok {
			if *v.SURBID != *surb || v.Err == "" {
				t.Fatal(v)
			}
			return
		}
	}
	t.Fatal("the events ended")
}

func TestTheErrorOfAStatus(t *testing.T) {
	client, simulator := dial(t)
	eventCh := client.EventSink()
	defer client.StopEventSink(eventCh)
	long := strings.Repeat("a", 40)
	for cbor, said := range map[string]string{"646f6f7073": "oops", "7828" + strings.Repeat("61", 40): long, "820143fffefd": "820143fffefd"} {
		if _, err := simulator.Say("offline " + cbor); err != nil {
			t.Fatal(err)
		}
		err := nextStatus(t, eventCh, false)
		if err == nil || !strings.HasSuffix(err.Error(), said) {
			t.Fatal(said, err)
		}
		if _, err := simulator.Say("online"); err != nil {
			t.Fatal(err)
		}
		if err := nextStatus(t, eventCh, true); err != nil {
			t.Fatal(err)
		}
	}
}

// nextStatus waits for a state, and returns the error that it came with.
func nextStatus(t *testing.T, eventCh chan Event, connected bool) error {
	for ev := range eventCh {
		if v, ok := ev.(*ConnectionStatusEvent); ok && v.IsConnected == connected {
			return v.Err
		}
	}
	t.Fatal("the events ended")
	return nil
}
