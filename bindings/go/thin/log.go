package thin

import (
	"fmt"
	"io"
	"os"
	"strings"

	"kpclient"
)

// Logging says where a log goes: to a file, or to the standard error.
type Logging struct {
	// Disable turns it off.
	Disable bool

	// File is where it is appended to; the standard error if it is empty.
	File string

	// Level is ERROR, WARNING, NOTICE, INFO or DEBUG.
	Level string
}

var levels = map[string]kpclient.LogLevel{
	"":        kpclient.LogInfo,
	"ERROR":   kpclient.LogError,
	"WARNING": kpclient.LogWarn,
	"NOTICE":  kpclient.LogInfo,
	"INFO":    kpclient.LogInfo,
	"DEBUG":   kpclient.LogDebug,
}

func (l *Logging) apply(config *kpclient.Config) error {
	if l == nil || l.Disable {
		return nil
	}
	level, ok := levels[strings.ToUpper(l.Level)]
	if !ok {
		return fmt.Errorf("thin: no level of a log: %q", l.Level)
	}
	var to io.Writer = os.Stderr
	if l.File != "" {
		file, err := os.OpenFile(l.File, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		to = file
	}
	return config.SetLog(level, func(_ kpclient.LogLevel, line string) { fmt.Fprintln(to, line) })
}
