package connections

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// AddressError says that an org's name leads to an address that is not to be connected to.
type AddressError struct {
	Addr netip.Addr
	Kind string // "private", "loopback", "metadata", ...
}

func (e *AddressError) Error() string {
	return fmt.Sprintf("the name leads to %s, a %s address, and those are refused", e.Addr, e.Kind)
}

const (
	private  = "private"
	reserved = "reserved"
)

// special are the ranges of the IANA registries of special-purpose addresses in which no org can be, and the
// addresses at which clouds answer their tenants with credentials.
var special = []struct {
	prefix netip.Prefix
	kind   string
}{
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local"}, // metadata of nearly all clouds
	{netip.MustParsePrefix("fe80::/10"), "link-local"},
	{netip.MustParsePrefix("168.63.129.16/32"), "metadata"},   // Azure
	{netip.MustParsePrefix("100.100.100.200/32"), "metadata"}, // Alibaba
	{netip.MustParsePrefix("192.0.0.192/32"), "metadata"},     // Oracle
	{netip.MustParsePrefix("fd00:ec2::/32"), "metadata"},      // AWS
	{netip.MustParsePrefix("fd20:ce::/32"), "metadata"},       // Google
	{netip.MustParsePrefix("0.0.0.0/8"), "unspecified"},
	{netip.MustParsePrefix("::/128"), "unspecified"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},
	{netip.MustParsePrefix("::1/128"), "loopback"},
	{netip.MustParsePrefix("10.0.0.0/8"), private},
	{netip.MustParsePrefix("172.16.0.0/12"), private},
	{netip.MustParsePrefix("192.168.0.0/16"), private},
	{netip.MustParsePrefix("100.64.0.0/10"), private}, // carrier-grade NAT
	{netip.MustParsePrefix("fc00::/7"), private},
	{netip.MustParsePrefix("192.0.0.0/24"), reserved},
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation"},
	{netip.MustParsePrefix("192.88.99.0/24"), reserved},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarking"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},
	{netip.MustParsePrefix("240.0.0.0/4"), reserved}, // broadcast too
	{netip.MustParsePrefix("ff00::/8"), "multicast"},
	{netip.MustParsePrefix("2001::/23"), reserved}, // Teredo and others that hold another address
	{netip.MustParsePrefix("2001:db8::/32"), "documentation"},
	{netip.MustParsePrefix("2002::/16"), reserved}, // 6to4
	{netip.MustParsePrefix("3fff::/20"), "documentation"},
}

var (
	nat64  = netip.MustParsePrefix("64:ff9b::/96")
	global = netip.MustParsePrefix("2000::/3")
)

// kindOf names what is special about an address, "" for one on the public internet. An IPv4 address inside an IPv6 one
// is looked at itself.
func kindOf(addr netip.Addr) string {
	addr = addr.Unmap()
	if nat64.Contains(addr) {
		b := addr.As16()
		return kindOf(netip.AddrFrom4([4]byte(b[12:])))
	}
	if addr.Zone() != "" {
		return "link-local"
	}
	for _, s := range special {
		if s.prefix.Contains(addr) {
			return s.kind
		}
	}
	if addr.Is6() && !global.Contains(addr) {
		return reserved
	}
	return ""
}

// control is net.Dialer's ControlContext: it sees the address that a name led to, just before the connection is made,
// so that a name which leads elsewhere the second time gains nothing.
type control func(ctx context.Context, network, address string, c syscall.RawConn) error

// only allows the public internet and the given kinds; with public unset just those.
func only(public bool, kinds ...string) control {
	return func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("address to connect to: %w", err)
		}
		kind := kindOf(at.Addr())
		if kind == "" && public || slices.Contains(kinds, kind) {
			return nil
		}
		if kind == "" {
			kind = "public"
		}
		return &AddressError{Addr: at.Addr().Unmap(), Kind: kind}
	}
}
