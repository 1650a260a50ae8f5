// Command scenarios runs the scenarios that every language runs, bindings/scenarios:
//
//	KPC_SIM=build/bin/kpclientd-sim scenarios TABLE [NAME...]
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
)

type scenario struct {
	Name   string   `json:"name"`
	Proves string   `json:"proves"`
	Sim    []string `json:"sim"`
	Alone  bool     `json:"alone"`
	Needs  string   `json:"needs"`
	Steps  []step   `json:"steps"`
}

// step has every field that a step may have; what is not here is an error of the table.
type step struct {
	Do        string   `json:"do"`
	As        string   `json:"as"`
	Fails     string   `json:"fails"`
	TimeoutMs int64    `json:"timeout_ms"`
	Start     string   `json:"start"`
	Many      int      `json:"many"`
	Times     int      `json:"times"`
	Client    string   `json:"client"`
	Socket    string   `json:"socket"`
	Path      string   `json:"path"`
	Text      string   `json:"text"`
	TextOf    string   `json:"text_of"`
	Begins    string   `json:"begins"`
	Name      string   `json:"name"`
	AtLeast   *float64 `json:"at_least"`
	AtMost    *float64 `json:"at_most"`
	Numbered  bool     `json:"numbered"`
	Keys      string   `json:"keys"`
	At        string   `json:"at"`
	NoRetry   bool     `json:"no_retry"`
	Count     any      `json:"count"`
	Minted    string   `json:"minted"`
	PayloadOf string   `json:"payload_of"`
	Inducted  string   `json:"inducted"`
	Of        string   `json:"of"`
	Kind      string   `json:"kind"`
	Store     string   `json:"store"`
	File      string   `json:"file"`
	From      string   `json:"from"`
	Writer    string   `json:"writer"`
	Reader    string   `json:"reader"`
	Number    uint64   `json:"number"`
	For       string   `json:"for"`
	What      string   `json:"what"`
	Say       string   `json:"say"`

	Class     string   `json:"class"`
	Cancelled bool     `json:"cancelled"`
	Display   string   `json:"display"`
	Voucher   string   `json:"voucher"`
	SameAs    string   `json:"same_as"`
	Names     []string `json:"names"`
	Max       uint32   `json:"max"`
	Texts     []string `json:"texts"`
	Arrival   string   `json:"arrival"`
	Into      string   `json:"into"`
	Found     string   `json:"found"`
	Size      uint64   `json:"size"`

	Log         string `json:"log"`
	ChildFails  string `json:"child_fails"`
	VoucherText string `json:"voucher_text"`
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: scenarios TABLE [NAME...]")
		os.Exit(2)
	}
	table, err := read(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	wanted := os.Args[2:]
	passed, failed := 0, 0
	// What Go has not, of what a scenario may need.
	missing := map[string]string{
		"fork":        "the threads of a Go program do not survive a fork",
		"exceptions":  "a panic in any goroutine ends a Go program",
		"wrong types": "what has another type does not compile",
	}
	for _, s := range table {
		if len(wanted) > 0 && !slices.Contains(wanted, s.Name) {
			continue
		}
		if why, ok := missing[s.Needs]; ok {
			fmt.Printf("left out %s: %s\n", s.Name, why)
			continue
		}
		play := run
		if s.Alone && len(wanted) == 0 {
			play = runAlone
		}
		if err := play(s); err != nil {
			failed++
			fmt.Printf("FAILED %s: %v\n", s.Name, err)
			continue
		}
		passed++
		fmt.Printf("ok %s\n", s.Name)
	}
	fmt.Printf("scenarios in Go: %d passed, %d failed, 0 skipped\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}

// runAlone runs a scenario that ends its process in one of its own.
func runAlone(s scenario) error {
	said, err := exec.Command(os.Args[0], os.Args[1], s.Name).CombinedOutput()
	if err == nil && len(said) == 0 {
		return nil
	}
	return fmt.Errorf("%v: %s", err, said)
}

func read(path string) (table []scenario, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	return table, decoder.Decode(&table)
}
