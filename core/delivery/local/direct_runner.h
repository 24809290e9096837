// DirectRunner: performs orders inside the engine, for the engine's own user only: a site that runs
// as an ordinary user, or a virtual mailbox store that belongs to mail_owner.  Never as root.
// Thread-safe.
#pragma once

#include "core/delivery/local/agent_policy.h"

namespace postern::delivery {

class DirectRunner final : public OrderRunner {
 public:
  explicit DirectRunner(AgentPolicy policy) : policy_(std::move(policy)) {}
  // An order for another uid is deferred, with what to do about it in the remedy.
  OrderResult run(const Order& order, const mail::Content& content) override;

 private:
  AgentPolicy policy_;
};

}  // namespace postern::delivery
