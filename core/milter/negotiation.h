// Option negotiation: what we offer for a version, what the filter may answer, and the session
// profile that both follow from then on.
// Pure; thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/milter/protocol.h"
#include "core/milter/reply.h"

namespace postern::milter {

struct Offer {
  std::uint32_t version = kCurrentVersion;
  Actions actions;
  Steps steps;

  // As Postfix 3.7 offers for `version` (milter_protocol: 2, 3, 4 or 6): every action, and the
  // steps that the version knows, since a step changes what both sides send.  `max_data_octets`:
  // the largest packet that we would send, kMaxData64K, kMaxData256K or kMaxData1M; the larger ones
  // from version 6 on.
  static Offer for_version(std::uint32_t version, std::size_t max_data_octets = kMaxData64K);
};

class Profile {
 public:
  std::uint32_t version() const { return version_; }
  // The stage's command is to be sent.
  bool wants(Stage stage) const;
  // The filter answers it.  The end of the message is always answered.
  bool is_answered(Stage stage) const;
  bool may(Action action) const { return actions_.has(action); }
  bool may_skip() const { return steps_.has(Step::kSkip); }
  // Recipients that the server has refused are shown, too.
  bool wants_rejected_recipients() const { return steps_.has(Step::kRejectedRcpt); }
  bool keeps_leading_space() const { return steps_.has(Step::kLeadingSpace); }
  // Of one packet to the filter.
  std::size_t max_data_octets() const { return max_data_; }
  // The macros that the filter asked for at that stage; nullptr: the configured ones.
  const std::vector<std::string>* macro_list(MacroStage stage) const;
  Actions actions() const { return actions_; }
  Steps steps() const { return steps_; }

 private:
  friend Result<Profile> negotiate(const Offer& offer, const NegotiationAnswer& answer);

  std::uint32_t version_ = kCurrentVersion;
  Actions actions_;
  Steps steps_;
  std::size_t max_data_ = kMaxData64K;
  std::array<std::optional<std::vector<std::string>>, kMacroStages> macro_lists_;
};

// Errors: kInvalid, naming what the filter asked for that was not offered.  A filter may ask to be
// sent less than we offered to leave out: that cannot go wrong, and Postfix lets it pass, too.
Result<Profile> negotiate(const Offer& offer, const NegotiationAnswer& answer);

}  // namespace postern::milter
