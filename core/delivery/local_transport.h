// LocalTransport: mail for users of this system.  A recipient's name is looked up in alias_maps,
// then in the passwd table; a user's .forward says more; what is left is a mailbox, a command, a
// file or another address.  Everything that needs a user's rights is an order to the privileged
// process.
// Not here: what an address leads to (local/expansion.h), what is done then (local_delivery.h).
// Postfix: local(8), aliases(5).
#pragma once

#include "core/delivery/blocking_transport.h"
#include "core/delivery/local/done_set.h"
#include "core/delivery/local_delivery.h"

namespace postern::delivery {

// The transport of a master.cf service, for mailbox_transport and fallback_transport; null: there
// is none of that name.
using TransportFinder = std::function<std::shared_ptr<Transport>(std::string_view service)>;

class LocalTransport final : public Transport {
 public:
  // `forwarder`: may be null; then what is forwarded goes back to the queue as kExpanded, without
  // Delivered-To and with the reverse-path unchanged.
  // `find_transport`: may be empty where neither mailbox_transport nor fallback_transport is set.
  // `pool` outlives the transport, and the transport its last deliver().
  LocalTransport(LocalOptions options, std::shared_ptr<const routing::Directory> directory,
                 std::shared_ptr<OrderRunner> runner, std::shared_ptr<Forwarder> forwarder,
                 TransportFinder find_transport, net::BlockingPool& pool);
  net::Task<mail::AttemptResult> deliver(net::Loop& loop, mail::Attempt attempt) override;

 private:
  std::vector<LocalResult> perform(const mail::Attempt& attempt);
  net::Task<mail::RecipientResult> hand_over(net::Loop& loop, mail::Attempt attempt,
                                             LocalResult::HandOver hand_over,
                                             std::uint32_t recipient);

  LocalOptions options_;
  std::shared_ptr<const routing::Directory> directory_;
  std::shared_ptr<OrderRunner> runner_;
  std::shared_ptr<Forwarder> forwarder_;
  TransportFinder find_transport_;
  DoneSet done_;
  net::BlockingPool& pool_;
};

}  // namespace postern::delivery
