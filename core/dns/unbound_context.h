// UnboundContext: libunbound's context, set up from ResolverOptions.  The only place that knows its
// options.  Internal to core/dns.  Not thread-safe; what it gives is.
#pragma once

#include <unbound.h>

#include <memory>

#include "core/dns/resolver.h"

namespace postern::dns {

struct UbContextDeleter {
  void operator()(ub_ctx* context) const { ::ub_ctx_delete(context); }
};
using UbContext = std::unique_ptr<ub_ctx, UbContextDeleter>;

struct UbResultDeleter {
  void operator()(ub_result* result) const { ::ub_resolve_free(result); }
};
using UbResult = std::unique_ptr<ub_result, UbResultDeleter>;

// kInvalid, kIo as Resolver::make().
Result<UbContext> make_unbound_context(const ResolverOptions& options);

// `error`: of the callback; `result` may be null.
Answer answer_of(int error, const ub_result* result, const ResolverOptions& options);

}  // namespace postern::dns
