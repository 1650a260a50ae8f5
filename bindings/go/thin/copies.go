package thin

import (
	"context"
	"slices"

	"kpclient"
)

// DestinationPayload is what is to be copied to one destination.
type DestinationPayload struct {
	Payload    []byte
	WriteCap   *WriteCap
	StartIndex *MessageBoxIndex
}

// CreateEnvelopesResult is what CreateCourierEnvelopesFromMultiPayload returns.
type CreateEnvelopesResult struct {
	// Envelopes are the elements of the copy stream, one for each box of the temporary channel.
	Envelopes [][]byte

	// Buffer is for the next call.
	Buffer []byte
}

// CreateCourierEnvelopesFromPayload packs a payload for one destination.
func (t *ThinClient) CreateCourierEnvelopesFromPayload(payload []byte, destWriteCap *WriteCap, destStartIndex *MessageBoxIndex, isStart bool, isLast bool) (envelopes [][]byte, nextDestIndex *MessageBoxIndex, err error) {
	elements, err := t.client.CreateCourierEnvelopesFromPayload(context.Background(), payload, destWriteCap, destStartIndex, isStart, isLast)
	if err != nil {
		return nil, nil, err
	}
	defer elements.Free()
	nextDestIndex, err = elements.NextIndex()
	return slices.Collect(elements.All()), nextDestIndex, err
}

// CreateCourierEnvelopesFromMultiPayload packs payloads for several destinations.
func (t *ThinClient) CreateCourierEnvelopesFromMultiPayload(destinations []DestinationPayload, isStart bool, isLast bool, buffer []byte) (*CreateEnvelopesResult, error) {
	to := make([]kpclient.Destination, len(destinations))
	for i, d := range destinations {
		to[i] = kpclient.Destination{WriteCap: d.WriteCap, StartIndex: d.StartIndex, Payload: d.Payload}
	}
	elements, err := t.client.CreateCourierEnvelopesFromMultiPayload(context.Background(), to, isStart, isLast, buffer)
	if err != nil {
		return nil, err
	}
	defer elements.Free()
	rest, err := elements.Buffer()
	return &CreateEnvelopesResult{slices.Collect(elements.All()), rest}, err
}

// CreateCourierEnvelopesFromTombstoneRange packs tombstones of boxes in a row.
func (t *ThinClient) CreateCourierEnvelopesFromTombstoneRange(destWriteCap *WriteCap, destStartIndex *MessageBoxIndex, maxCount uint32, isStart bool, isLast bool, buffer []byte) (envelopes [][]byte, nextBuffer []byte, nextDestIndex *MessageBoxIndex, err error) {
	elements, err := t.client.CreateCourierEnvelopesFromTombstoneRange(context.Background(), destWriteCap, destStartIndex, maxCount, isStart, isLast, buffer)
	if err != nil {
		return nil, nil, nil, err
	}
	defer elements.Free()
	if nextBuffer, err = elements.Buffer(); err != nil {
		return nil, nil, nil, err
	}
	nextDestIndex, err = elements.NextIndex()
	return slices.Collect(elements.All()), nextBuffer, nextDestIndex, err
}

// StartResendingCopyCommand has a courier perform a copy stream, and waits for it.
func (t *ThinClient) StartResendingCopyCommand(writeCap *WriteCap) error {
	return copyFailure(t.client.StartResendingCopyCommand(context.Background(), writeCap, nil))
}

// StartResendingCopyCommandWithCourier does the same with a certain courier.
func (t *ThinClient) StartResendingCopyCommandWithCourier(writeCap *WriteCap, courierIdentityHash *[32]byte, courierQueueID []byte) error {
	courier, err := service(courierIdentityHash, courierQueueID)
	if err != nil {
		return err
	}
	return copyFailure(t.client.StartResendingCopyCommandWithCourier(context.Background(), writeCap, courier))
}

// CancelResendingCopyCommand ends a copy command under way, which is named by the hash of its
// write capability.
func (t *ThinClient) CancelResendingCopyCommand(writeCapHash *[32]byte) error {
	if writeCapHash == nil {
		return kpclient.ErrArgNull
	}
	return t.client.CancelResendingCopyCommand(context.Background(), *writeCapHash)
}

// CourierDescriptor names a courier.
type CourierDescriptor struct {
	IdentityHash *[32]byte
	QueueID      []byte
}

// GetAllCouriers returns all couriers of the document.
func (t *ThinClient) GetAllCouriers() ([]CourierDescriptor, error) {
	return couriers(t.client.Couriers())
}

// GetDistinctCouriers returns so many couriers, each another one.
func (t *ThinClient) GetDistinctCouriers(n int) ([]CourierDescriptor, error) {
	return couriers(t.client.DistinctCouriers(n))
}

func couriers(services *kpclient.Services, err error) ([]CourierDescriptor, error) {
	if err != nil {
		return nil, err
	}
	defer services.Free()
	var all []CourierDescriptor
	for s := range services.All() {
		all = append(all, CourierDescriptor{(*[32]byte)(&s.Node), s.Queue})
	}
	return all, nil
}

// SendNestedCopy sends a payload through several couriers, one after the other.
func (t *ThinClient) SendNestedCopy(payload []byte, destWriteCap *WriteCap, destFirstIndex *MessageBoxIndex, courierPath []CourierDescriptor) error {
	path := make([]kpclient.Service, len(courierPath))
	for i, courier := range courierPath {
		named, err := service(courier.IdentityHash, courier.QueueID)
		if err != nil {
			return err
		}
		path[i] = named
	}
	_, err := t.client.SendNestedCopy(context.Background(), payload, destWriteCap, destFirstIndex, path)
	return copyFailure(err)
}
