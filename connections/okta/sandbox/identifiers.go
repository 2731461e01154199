package sandbox

import (
	"fmt"
	"math/rand/v2"
	"strconv"
)

// Prefixes by which Okta's ids tell what they are of.
const (
	prefixUser            = "00u"
	prefixGroup           = "00g"
	prefixApp             = "0oa"
	prefixAppLink         = "0ua"
	prefixOrg             = "00o"
	prefixAPIToken        = "00T"
	prefixHook            = "who"
	prefixRealm           = "guo"
	prefixUserType        = "oty"
	prefixSchema          = "osc"
	prefixPolicy          = "rst"
	prefixQuestion        = "ufs"
	prefixSMS             = "mbl"
	prefixPush            = "opf"
	prefixTOTP            = "ost"
	prefixSystem          = "spr"
	alphabet              = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	orgSuffix             = "5d7" // the last letters of all ids of one Okta cell
	idLength              = 20
	firstSerial    uint64 = 10 * 36 * 36 * 36 * 36 // "a0000": Okta's ids of today begin with a letter here
)

// identifiers makes ids that look like Okta's and, within one kind, sort in the order in which they were made. The same
// seed gives the same ids until [identifiers.unseed].
type identifiers struct {
	random *rand.Rand
	serial uint64
}

func newIdentifiers(seed uint64) *identifiers {
	return &identifiers{random: rand.New(rand.NewPCG(seed, 0x0c7a)), serial: firstSerial}
}

// unseed makes all further ids unlike those of any other run: a client remembers by them what it has seen.
func (i *identifiers) unseed() { i.random = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) }

// next returns a new id of the kind that prefix stands for.
func (i *identifiers) next(prefix string) string {
	i.serial++
	id := append(make([]byte, 0, idLength), prefix...)
	id = strconv.AppendUint(id, i.serial, 36)
	for len(id) < idLength-len(orgSuffix) {
		id = append(id, alphabet[i.random.IntN(len(alphabet))])
	}
	return string(append(id, orgSuffix...))
}

// token returns n random letters, digits, dashes and underscores, as in one-time tokens.
func (i *identifiers) token(n int) string {
	const letters = alphabet + "-_"
	b := make([]byte, n)
	for k := range b {
		b[k] = letters[i.random.IntN(len(letters))]
	}
	return string(b)
}

// uuid returns a version 4 UUID.
func (i *identifiers) uuid() string {
	hi, lo := i.random.Uint64(), i.random.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x",
		hi>>32, hi>>16&0xffff, hi&0xfff, lo>>48&0x3fff|0x8000, lo&0xffffffffffff)
}
