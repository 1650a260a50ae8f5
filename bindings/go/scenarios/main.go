// Command scenarios runs the scenarios that every language runs, bindings/scenarios:
//
//	KPC_SIM=build/bin/kpclientd-sim scenarios TABLE [NAME...]
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

type scenario struct {
	Name   string   `json:"name"`
	Proves string   `json:"proves"`
	Sim    []string `json:"sim"`
	Alone  bool     `json:"alone"`
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
	for _, s := range table {
		if len(wanted) == 0 && s.Alone || len(wanted) > 0 && !slices.Contains(wanted, s.Name) {
			continue
		}
		if err := run(s); err != nil {
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
