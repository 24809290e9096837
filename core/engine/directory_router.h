// DirectoryRouter: the queue's router over the recipient directory.  Tables in memory answer at
// once; others on the blocking pool.
// Thread-safe.
#pragma once

#include "core/engine/current.h"
#include "core/engine/mail_policy.h"
#include "core/net/blocking_pool.h"
#include "core/queue/attempt_runner.h"

namespace postern::engine {

class DirectoryRouter final : public queue::Router {
 public:
  DirectoryRouter(const Current<MailPolicy>& policy, net::BlockingPool& pool)
      : policy_(policy), pool_(pool) {}
  void route(const mail::Envelope& envelope, const mail::Recipient& recipient,
             std::move_only_function<void(Result<mail::Destination>)> done) override;

 private:
  const Current<MailPolicy>& policy_;
  net::BlockingPool& pool_;
};

}  // namespace postern::engine
