// SpoolNotifier: the queue's notifier and local delivery's forwarder: reports by the DSN composer,
// and new messages for recipients that others expanded to, all through the intake.
// Thread-safe.  Composing and copying read the disk: done on the blocking pool.
#pragma once

#include "core/delivery/forwarder.h"
#include "core/engine/intake.h"
#include "core/queue/notifier.h"

namespace postern::engine {

class SpoolNotifier final : public queue::Notifier, public delivery::Forwarder {
 public:
  SpoolNotifier(Intake& intake, const Current<MailPolicy>& policy, net::BlockingPool& pool)
      : intake_(intake), policy_(policy), pool_(pool) {}

  void report(queue::Report report, std::move_only_function<void(Result<void>)> done) override;
  void inject(queue::Injection injection,
              std::move_only_function<void(Result<QueueId>)> done) override;
  // Blocks for at most kForwardTimeout; on a thread of a pool.
  Result<QueueId> forward(delivery::Forwarding forwarding) override;

  static constexpr std::chrono::seconds kForwardTimeout{60};

 private:
  class Batch;
  using Injected = std::move_only_function<void(Result<QueueId>)>;
  void compose(const queue::Report& report, std::shared_ptr<Batch> batch);
  void send(const queue::Report& report, delivery::Notification notification,
            const std::shared_ptr<Batch>& batch);
  void copy(delivery::Forwarding forwarding, Injected done);

  Intake& intake_;
  const Current<MailPolicy>& policy_;
  net::BlockingPool& pool_;
};

}  // namespace postern::engine
