// TransportRunner: the queue's attempt runner: each attempt is a task on one of the server loops,
// by turns, with the transport that its route names. run() on the queue's thread.  The loops
// outlive it; stop the queue before.
#pragma once

#include <memory>
#include <vector>

#include "core/engine/current.h"
#include "core/engine/transports.h"
#include "core/net/loop.h"
#include "core/net/task_group.h"
#include "core/queue/attempt_runner.h"

namespace postern::engine {

class TransportRunner final : public queue::AttemptRunner {
 public:
  TransportRunner(net::LoopPool& loops, const Current<Transports>& transports);
  void run(mail::Attempt attempt, queue::AttemptDone done) override;
  // Attempts under way.
  std::size_t running() const;

 private:
  struct Place {
    explicit Place(net::Loop& owner) : loop(owner), tasks(owner) {}
    net::Loop& loop;
    net::TaskGroup tasks;
  };

  const Current<Transports>& transports_;
  std::vector<std::unique_ptr<Place>> places_;
  std::size_t turn_ = 0;  // queue's thread only
};

}  // namespace postern::engine
