package runtime

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// NewReceiverTransport reaches receivers of deliveries: anywhere but link-local and metadata addresses. The address is
// checked when the connection is made, so that a name that changes its address does not help.
func NewReceiverTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second, Control: controlReceiver}
	return &http.Transport{
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          256,
		MaxIdleConnsPerHost:   32,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

var errForbiddenReceiver = errors.New("its name leads to a link-local or metadata address, where no receiver can be")

func controlReceiver(_, address string, _ syscall.RawConn) error {
	addr, err := netip.ParseAddrPort(address)
	if err != nil || forbiddenReceiver(addr.Addr()) {
		return errForbiddenReceiver
	}
	return nil
}
