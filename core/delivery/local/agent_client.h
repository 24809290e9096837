// AgentClient: the engine's end of the privileged process.  Each run() sends one packet and waits
// for the answer on a pipe of its own, so any number of threads may use one client.  Blocking, with
// a deadline.
#pragma once

#include "core/delivery/local/agent.h"

namespace postern::delivery {

class AgentClient final : public OrderRunner {
 public:
  // `policy`: the one the process was started with; its time limits bound the wait.
  AgentClient(UniqueFd channel, AgentPolicy policy)
      : channel_(std::move(channel)), policy_(std::move(policy)) {}
  OrderResult run(const Order& order, const mail::Content& content) override;

 private:
  Result<OrderResult> ask(const Order& order, const mail::Content& content) const;

  UniqueFd channel_;
  AgentPolicy policy_;
};

}  // namespace postern::delivery
