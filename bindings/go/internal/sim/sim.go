// Package sim runs the simulator of the daemon, kpclientd-sim, for tests and examples.
package sim

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// Sim is a simulator that runs.
type Sim struct {
	// Directory is its own, and is removed at its end.
	Directory string

	// Socket is the path of its socket, in that directory.
	Socket string

	lock    sync.Mutex
	command *exec.Cmd
	input   io.WriteCloser
	output  *bufio.Scanner
}

// Start starts a simulator, the program that KPC_SIM names, with these options besides its own,
// and waits until it is ready.
func Start(options ...string) (*Sim, error) {
	program := os.Getenv("KPC_SIM")
	if program == "" {
		program = "kpclientd-sim"
	}
	directory, err := os.MkdirTemp("", "kpclient")
	if err != nil {
		return nil, err
	}
	s := &Sim{Directory: directory, Socket: filepath.Join(directory, "socket")}
	own := []string{"--control", "stdin", "--instant", "--unix", s.Socket}
	if err := s.start(exec.Command(program, append(own, options...)...)); err != nil {
		os.RemoveAll(directory)
		return nil, err
	}
	return s, nil
}

func (s *Sim) start(command *exec.Cmd) (err error) {
	command.Stderr = os.Stderr
	if s.input, err = command.StdinPipe(); err != nil {
		return err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	s.command, s.output = command, bufio.NewScanner(output)
	for s.output.Scan() {
		if strings.HasPrefix(s.output.Text(), "ready:") {
			return nil
		}
	}
	return errors.New("the simulator ended before it was ready")
}

// Say gives the simulator a command, and returns what it answers behind "ok".
func (s *Sim) Say(words string) (string, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if _, err := fmt.Fprintln(s.input, words); err != nil {
		return "", err
	}
	if !s.output.Scan() {
		return "", errors.New("the simulator has ended")
	}
	answer, ok := strings.CutPrefix(s.output.Text(), "ok")
	if !ok {
		return "", fmt.Errorf("the simulator says: %s", s.output.Text())
	}
	return strings.TrimSpace(answer), nil
}

// Stop ends the simulator and removes its directory.
func (s *Sim) Stop() error {
	s.input.Close()
	err := s.command.Wait()
	os.RemoveAll(s.Directory)
	return err
}

// Configuration is the text of a configuration for a socket.
func Configuration(socket string) string {
	return fmt.Sprintf("[Dial.Unix]\nAddress = %q\n", socket)
}
