// ModificationCollector: what one filter asks for at the end of one message, kept until its final
// reply has come.  Nothing of it takes effect before: a filter that dies half-way has asked for
// nothing (Postfix once committed the old body when a filter died inside replace-body).
// Bounded in number and octets: a million recipients or 10 GB of body are an error, not memory.
// Pure; one message each; not thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/mail/modification.h"
#include "core/milter/negotiation.h"
#include "core/milter/reply.h"

namespace postern::milter {

struct ModificationLimits {
  std::size_t max_modifications = 10'000;          // a body counts as one
  std::size_t max_text_octets = 4 * 1024 * 1024;   // of names, values, addresses together
  std::size_t max_body_octets = 64 * 1024 * 1024;  // message_size_limit
};

class ModificationCollector {
 public:
  explicit ModificationCollector(ModificationLimits limits = {}) : limits_(limits) {}

  // Errors: kInvalid an action that was not negotiated, text that is no header name or address, a
  // body whose chunks are interleaved with other requests; kLimit a bound.
  Result<void> add(const Modify& request, const Profile& profile);

  // All of them in their order, the body where its first chunk came; empty afterwards.
  mail::Modifications take();
  void clear();
  bool is_empty() const { return modifications_.empty(); }
  // Parameters without effect, for the log; the first few.
  const std::vector<std::string>& ignored_parameters() const { return ignored_; }

 private:
  Result<void> add_chunk(std::string_view octets);

  enum class Body { kNone, kOpen, kClosed };

  ModificationLimits limits_;
  mail::Modifications modifications_;
  std::vector<std::string> ignored_;
  std::size_t text_octets_ = 0;
  std::size_t body_index_ = 0;  // of ReplaceBody in modifications_, once body_ is not kNone
  Body body_ = Body::kNone;
};

}  // namespace postern::milter
