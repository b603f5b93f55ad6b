//go:build heic

package picture

import "github.com/gen2brain/heic"

// The decoder is a WebAssembly build of libheif that adds megabytes to the
// binary, hence the tag. It turns pictures by itself.
func init() { formats["heic"] = format{config: heic.DecodeConfig, decode: heic.Decode} }
