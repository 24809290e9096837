// The end, in the reverse order of the start, and what is looked at every second until then.
#include <sys/wait.h>

#include <condition_variable>

#include "core/base/log.h"
#include "core/config/params.h"
#include "core/engine/engine_parts.h"

namespace postern::engine {
namespace {
namespace params = config::params;

// Above this share of the session or memory budget the server is impatient, as under Postfix's
// stress=yes.
constexpr double kStressShare = 0.8;

bool is_near_limit(const net::Budget& budget) {
  return static_cast<double>(budget.used()) > kStressShare * static_cast<double>(budget.limit());
}

// Waits for a callback that comes once.
class Ending {
 public:
  std::move_only_function<void()> callback() {
    return [state = state_] {
      const std::lock_guard lock(state->mutex);
      state->is_over = true;
      state->ended.notify_one();
    };
  }
  bool wait_for(std::chrono::milliseconds patience) {
    std::unique_lock lock(state_->mutex);
    return state_->ended.wait_for(lock, patience, [this] { return state_->is_over; });
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable ended;
    bool is_over = false;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

// Everything posted to the loops so far has run.
void drain_loops(net::LoopPool& loops) {
  constexpr std::chrono::milliseconds kPatience{1000};
  for (std::size_t i = 0; i < loops.size(); ++i) {
    Ending ending;
    loops.at(i).post(ending.callback());
    ending.wait_for(kPatience);
  }
}

}  // namespace

void Engine::Parts::stop() {
  std::chrono::milliseconds patience{0};
  {
    const std::lock_guard lock(reload_mutex);
    if (std::exchange(is_stopped, true)) return;
    if (site) patience = site->settings.get(params::shutdown_timeout);
  }
  log::info("master", "stopping");
  log::flush();
  ticker.reset();
  if (listeners) listeners->stop();
  if (maildrop) maildrop->stop();
  bool is_clean = true;
  const bool is_running = site != nullptr;
  if (is_running) {
    is_clean = sessions->stop(patience);
    if (admin) admin->stop();  // it asks the queue
    Ending queue_end;
    mail_queue->stop(queue_end.callback());
    if (!queue_end.wait_for(patience)) {
      is_clean = false;
      log::warning("qmgr", "{} delivery attempts did not end in time; their mail stays queued",
                   transport_runner->running());
    }
    site->transports->close_idle();
  }
  // Functions that wait for a thread have answers to give, to loops and queue.
  for (net::BlockingPool* pool : {lookup_pool.get(), queue_pool.get()})
    if (pool != nullptr) pool->stop();
  if (mail_store) mail_store->close();
  metrics_server.reset();  // its server takes a second or two to end
  if (is_clean) {          // a start that failed ends here too
    transports.set(nullptr);
    policy.set(nullptr);
    listeners.reset();
    maildrop.reset();
    admin.reset();
    site.reset();
    delivery_pool.reset();
    lookup_pool.reset();
    queue_pool.reset();
    if (loops) drain_loops(*loops);  // transports close their idle connections there
  }
  if (loops) loops->stop();
  if (queue_loop) queue_loop->stop();
  if (loops) loops->join();
  if (queue_loop) queue_loop->join();
  runner.reset();  // closes the channel: the privileged process ends
  // Attempts that were cut off hold the channel open; they end with this process.
  if (agent.pid > 0 && is_clean) ::waitpid(agent.pid, nullptr, 0);
  log::info("master", "stopped{}", is_clean ? "" : "; attempts were cut off");
  log::flush();
  // What was cut off still refers to loops, pools and transports that refer to one another: the
  // process is about to end, and the spool is closed.
  if (!is_clean) ::_exit(0);
}

void Engine::Parts::tick() {
  gate->refresh();
  mail_queue->counts([this](const queue::QueueCounts& counts) {
    gate->set_queued(counts.waiting + counts.active + counts.held);
    gauges.queue_index.Set(static_cast<double>(counts.index_bytes));
  });
  const bool stress = is_near_limit(connections) || is_near_limit(memory);
  if (is_stressed.exchange(stress) != stress)
    log::info("master", "{}", stress ? "overload: timeouts are short now" : "overload is over");
  gauges.sessions.Set(static_cast<double>(sessions->count()));
  gauges.attempts.Set(static_cast<double>(transport_runner->running()));
  gauges.message_memory.Set(static_cast<double>(memory.used()));
  gauges.resident_memory.Set(resident_octets());
  gauges.lookup_queue.Set(static_cast<double>(lookup_pool->queued()));
  gauges.delivery_queue.Set(static_cast<double>(delivery_pool->queued()));
  gauges.stressed.Set(stress ? 1 : 0);
  log::flush();
}

EngineStatus Engine::Parts::status() {
  const std::lock_guard lock(reload_mutex);
  EngineStatus out;
  out.version = site ? site->settings.get(params::mail_version) : "";
  out.started = started;
  out.config_directory = options.config_directory;
  out.queue_directory = site ? site->settings.get(params::queue_directory) : "";
  out.durability = durability;
  out.is_accepting = !gate->judge(0).has_value();
  out.sessions = sessions->count();
  out.corrupt_records = corrupt_records;
  return out;
}

}  // namespace postern::engine
