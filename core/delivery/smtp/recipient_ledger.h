// RecipientLedger: what has become of each recipient of one attempt so far.  A recipient that was
// taken or refused for good is settled; one that was put off keeps the last reason and may be tried
// at the next server.  Positions are indexes into Attempt::recipients.
// Pure; one attempt each; not thread-safe.
#pragma once

#include <cstddef>
#include <vector>

#include "core/delivery/smtp/peer_fault.h"
#include "core/mail/attempt.h"

namespace postern::delivery {

class RecipientLedger {
 public:
  explicit RecipientLedger(const mail::Attempt& attempt);

  std::size_t size() const { return entries_.size(); }
  bool is_settled(std::size_t position) const { return entries_[position].is_settled; }
  std::size_t unsettled() const { return unsettled_; }
  std::vector<std::size_t> unsettled_positions() const;

  // `reply`: the server's 2yz for it.
  void deliver(std::size_t position, const mail::Reply& reply, const PeerLabel& peer,
               bool relayed_without_dsn);
  // Settles it where the fault is permanent.  Settled recipients stay as they are.
  void refuse(std::size_t position, const PeerFault& fault);
  void refuse_unsettled(const PeerFault& fault);

  // One result for each; those without any reason are deferred.
  std::vector<mail::RecipientResult> take();

 private:
  struct Entry {
    mail::RecipientResult result;
    bool is_settled = false;
  };
  std::vector<Entry> entries_;
  std::size_t unsettled_ = 0;
};

}  // namespace postern::delivery
