// A BIO over a non-blocking socket.  OpenSSL's own writes with write(2), which raises SIGPIPE when
// the peer has gone; this one asks for an error instead.  For core/tls only.
#pragma once

#include "core/tls/openssl_handles.h"

namespace postern::tls {

// `fd`: the descriptor stays its owner's, and the variable must outlive the BIO.
BioHandle make_socket_bio(const int* fd);

}  // namespace postern::tls
