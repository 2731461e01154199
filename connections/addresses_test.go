package connections

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKindOf_EverySpecialRangeIsKnown(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"3.33.186.135": "", "52.0.0.1": "", "172.15.255.255": "", "172.32.0.1": "", "100.63.255.255": "", "100.128.0.1": "",
		"192.169.0.1": "", "169.253.255.255": "", "198.17.255.255": "", "2600:1f18::1": "", "2a05:d018::1": "",
		"10.0.0.1": private, "10.255.255.255": private, "172.16.0.1": private, "172.31.255.255": private,
		"192.168.0.1": private, "100.64.0.1": private, "100.127.255.255": private, "fc00::1": private, "fdff::1": private,
		"127.0.0.1": "loopback", "127.255.255.254": "loopback", "::1": "loopback",
		"0.0.0.0": "unspecified", "0.1.2.3": "unspecified", "::": "unspecified",
		"169.254.169.254": "link-local", "169.254.170.2": "link-local", "fe80::1": "link-local", "fe80::1%eth0": "link-local",
		"100.100.100.200": "metadata", "168.63.129.16": "metadata", "192.0.0.192": "metadata", "fd00:ec2::254": "metadata",
		"fd20:ce::254": "metadata",
		"224.0.0.1":    "multicast", "239.255.255.255": "multicast", "ff02::1": "multicast",
		"255.255.255.255": "reserved", "240.0.0.1": "reserved", "192.0.0.8": "reserved", "192.88.99.1": "reserved",
		"198.18.0.1": "benchmarking", "192.0.2.1": "documentation", "198.51.100.1": "documentation",
		"203.0.113.1": "documentation", "2001:db8::1": "documentation", "3fff::1": "documentation",
		// IPv4 inside IPv6.
		"::ffff:127.0.0.1": "loopback", "::ffff:10.0.0.1": private, "::ffff:169.254.169.254": "link-local",
		"::ffff:3.33.186.135": "", "64:ff9b::3.33.186.135": "", "64:ff9b::10.0.0.1": private,
		"64:ff9b::169.254.169.254": "link-local", "64:ff9b::127.0.0.1": "loopback", "64:ff9b:1::a00:1": "reserved",
		"::10.0.0.1": "reserved", "2002:a00:1::": "reserved", "2001::1": "reserved", "fec0::1": "reserved",
		"100::1":  "reserved",
		"5f00::1": "reserved", "4000::1": "reserved",
	} {
		require.Equal(t, want, kindOf(netip.MustParseAddr(addr)), addr)
	}
}
