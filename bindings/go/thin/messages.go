package thin

import (
	"context"

	"kpclient"
)

// ServiceDescriptor is one instance of a service.
type ServiceDescriptor struct {
	RecipientQueueID []byte
	node             [32]byte
}

// ToDestination returns what messages to the service are addressed to.
func (s *ServiceDescriptor) ToDestination() (*[32]byte, []byte) {
	node := s.node
	return &node, s.RecipientQueueID
}

func descriptor(s kpclient.Service) *ServiceDescriptor {
	return &ServiceDescriptor{s.Queue, s.Node}
}

func service(node *[32]byte, queue []byte) (kpclient.Service, error) {
	if node == nil {
		return kpclient.Service{}, kpclient.ErrArgNull
	}
	return kpclient.Service{Node: *node, Queue: queue}, nil
}

// GetService returns an instance of a service, a random one.
func (t *ThinClient) GetService(serviceName string) (*ServiceDescriptor, error) {
	found, err := t.client.GetService(serviceName)
	if err != nil {
		return nil, err
	}
	return descriptor(found), nil
}

// GetServices returns all instances of a service.
func (t *ThinClient) GetServices(capability string) ([]*ServiceDescriptor, error) {
	found, err := t.client.GetServices(capability)
	if err != nil {
		return nil, err
	}
	defer found.Free()
	var all []*ServiceDescriptor
	for s := range found.All() {
		all = append(all, descriptor(s))
	}
	return all, nil
}

// SendMessage sends a message. Its reply is an event with the id of the reply block.
func (t *ThinClient) SendMessage(surbID *[SURBIDLength]byte, payload []byte, destNode *[32]byte, destQueue []byte) error {
	to, err := service(destNode, destQueue)
	if err != nil {
		return err
	}
	if surbID == nil {
		return kpclient.ErrArgNull
	}
	_, err = t.client.SendMessage(*surbID, to, payload)
	return err
}

// SendMessageWithoutReply sends a message that nobody can reply to.
func (t *ThinClient) SendMessageWithoutReply(payload []byte, destNode *[32]byte, destQueue []byte) error {
	to, err := service(destNode, destQueue)
	if err != nil {
		return err
	}
	_, err = t.client.SendMessageWithoutReply(to, payload)
	return err
}

// BlockingSendMessage sends a message and waits for its reply.
func (t *ThinClient) BlockingSendMessage(ctx context.Context, payload []byte, destNode *[32]byte, destQueue []byte) ([]byte, error) {
	to, err := service(destNode, destQueue)
	if err != nil {
		return nil, err
	}
	return t.client.SendMessageAwaitReply(ctx, to, payload)
}
