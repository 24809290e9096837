// Maildir++ quota: the file "maildirsize" in a Maildir, shared with Dovecot, Courier and the like.
// Its first line is the limit ("1000000S,1000C"), each further line a change ("octets messages").
// We honour a limit that is there or configured, and add our own line after a delivery.
// Blocking; works on the descriptor of the Maildir; for one process at a time per object, while
// other programs may append at the same time (the format is made for that).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace postern::delivery {

struct QuotaLimit {
  std::uint64_t octets = 0;    // 0: no limit
  std::uint64_t messages = 0;  // 0: no limit
};

// "1000000S,1000C" in either order; nullopt for anything else.
std::optional<QuotaLimit> parse_quota(std::string_view text);

class MaildirQuota {
 public:
  // The file is rewritten by a count of the mailbox when it is larger than this (Maildir++).
  static constexpr std::size_t kMaxFile = 5120;
  // Entries looked at in one count; a mailbox beyond it counts as what was seen.
  static constexpr std::size_t kMaxScan = 1'000'000;

  // `maildir`: open descriptor, outlives the object.  `configured`: the limit for Maildirs that
  // have no maildirsize yet ("" = none, such Maildirs have no quota).
  MaildirQuota(int maildir, std::string configured)
      : maildir_(maildir), configured_(std::move(configured)) {}

  // Whether `octets` more fit.  kLimit if not, after a fresh count of the mailbox where the sums in
  // the file said so: they may be stale.
  Result<void> admit(std::uint64_t octets);
  // After the delivery.  Failure is not the sender's concern: the next count heals it.
  void add(std::uint64_t octets);

 private:
  struct Usage {
    QuotaLimit limit;
    std::uint64_t octets = 0;
    std::uint64_t messages = 0;
    bool must_count = false;
  };
  Result<std::optional<Usage>> read_file() const;
  Result<Usage> count(const QuotaLimit& limit) const;
  Result<void> write_file(const Usage& usage) const;

  int maildir_;
  std::string configured_;
  bool is_active_ = false;
};

}  // namespace postern::delivery
