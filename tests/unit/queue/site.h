// A whole queue in a test's hands: store, runner, router and notifier under its control, time by
// hand.  Recipients' domains say what becomes of them, see ScriptedRunner.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "core/base/log.h"
#include "core/queue/queue.h"
#include "tests/support/manual_executor.h"
#include "tests/support/memory_store.h"

namespace postern::queue {

using namespace std::chrono_literals;
using postern::testing::ManualExecutor;
using postern::testing::MemoryStore;

inline mail::Mailbox address(std::string_view text) {
  const std::size_t at = text.rfind('@');
  return {std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

// Runs each attempt for `latency`, then gives each recipient what `decide` says; by default all
// are delivered.
class ScriptedRunner final : public AttemptRunner {
 public:
  struct Seen {
    QueueId id;
    mail::LaneKey lane;
    std::vector<std::uint32_t> recipients;
    SteadyTime at;
  };
  using Decide = std::function<mail::AttemptResult(const mail::Attempt&)>;

  ScriptedRunner(ManualExecutor& executor, const Clock& clock)
      : executor_(executor), clock_(clock), decide([](const mail::Attempt& attempt) {
          return all(attempt, mail::Outcome::kDelivered, "2.0.0", "250 2.0.0 Ok: queued");
        }) {}

  void run(mail::Attempt attempt, AttemptDone done) override {
    seen.push_back({attempt.id, attempt.lane, attempt.recipients, clock_.steady()});
    const std::string& site = attempt.lane.site;
    peak[site] = std::max(peak[site], ++running[site]);
    EXPECT_NE(attempt.content, nullptr);
    if (throws) throw std::runtime_error("planted failure");
    if (drops) {
      --running[site];
      return;
    }
    const auto special = latency_of.find(site);
    const auto wait = special == latency_of.end() ? latency : special->second;
    auto finish = [this, attempt = std::move(attempt), done = std::move(done)]() mutable {
      --running[attempt.lane.site];
      mail::AttemptResult result = decide(attempt);
      for (const mail::RecipientResult& each : result.recipients)
        if (each.outcome == mail::Outcome::kDelivered) ++delivered[{attempt.id, each.recipient}];
      done(std::move(result));
    };
    if (wait.count() == 0) {
      executor_.post(std::move(finish));
    } else {
      executor_.post_after(wait, std::move(finish));
    }
  }

  static mail::AttemptResult all(const mail::Attempt& attempt, mail::Outcome outcome,
                                 std::string status, std::string diagnostic,
                                 mail::SiteVerdict site = mail::SiteVerdict::kGood) {
    mail::AttemptResult result;
    result.site = site;
    for (const std::uint32_t i : attempt.recipients) {
      mail::RecipientResult& each = result.recipients.emplace_back();
      each.recipient = i;
      each.outcome = outcome;
      each.status = status;
      each.diagnostic = diagnostic;
      each.remote_mta = "mx.example[192.0.2.1]:25";
    }
    return result;
  }
  static mail::AttemptResult deferred(const mail::Attempt& attempt) {
    return all(attempt, mail::Outcome::kDeferred, "4.2.0", "host mx.example said: 450 4.2.0 later");
  }
  static mail::AttemptResult failed(const mail::Attempt& attempt) {
    return all(attempt, mail::Outcome::kFailed, "5.1.1", "host mx.example said: 550 5.1.1 unknown");
  }
  static mail::AttemptResult unreachable(const mail::Attempt& attempt) {
    return all(attempt, mail::Outcome::kDeferred, "4.4.1",
               "connect to mx.example[192.0.2.1]:25: Connection refused", mail::SiteVerdict::kDead);
  }

 private:
  ManualExecutor& executor_;
  const Clock& clock_;

 public:
  Decide decide;
  std::chrono::milliseconds latency{0};
  std::map<std::string, std::chrono::milliseconds> latency_of;  // by site
  bool throws = false;
  bool drops = false;  // lets go of `done` without calling it
  std::vector<Seen> seen;
  std::map<std::pair<QueueId, std::uint32_t>, unsigned> delivered;
  std::map<std::string, unsigned> running, peak;
};

// Each domain is a lane of transport "smtp".
class DomainRouter final : public Router {
 public:
  void route(const mail::Envelope&, const mail::Recipient& recipient,
             std::move_only_function<void(Result<mail::Destination>)> done) override {
    const std::string& domain = recipient.forward_path.domain();
    if (const auto found = errors.find(domain); found != errors.end()) {
      done(fail(found->second, "no route to {}", domain));
      return;
    }
    mail::Destination destination;
    destination.route = {transport, domain};
    destination.lane = {transport, domain, mail::TlsRequirement::kMay};
    if (executor == nullptr) {
      done(std::move(destination));
    } else {
      executor->post([destination, done = std::move(done)]() mutable { done(destination); });
    }
  }
  std::map<std::string, ErrorKind> errors;
  std::string transport = "smtp";
  Executor* executor = nullptr;  // set: answers later
};

class RecordingNotifier final : public Notifier {
 public:
  explicit RecordingNotifier(Executor& executor) : executor_(executor) {}
  void report(Report report, std::move_only_function<void(Result<void>)> done) override {
    EXPECT_NE(report.content, nullptr);
    const bool is_ok = failing == 0;
    if (!is_ok) --failing;
    if (is_ok) reports.push_back(std::move(report));
    executor_.post([is_ok, done = std::move(done)]() mutable {
      if (is_ok) {
        done({});
      } else {
        done(fail(ErrorKind::kNoSpace, "planted failure"));
      }
    });
  }
  void inject(Injection injection, std::move_only_function<void(Result<QueueId>)> done) override {
    if (failing > 0) {
      --failing;
      done(fail(ErrorKind::kNoSpace, "planted failure"));
      return;
    }
    injections.push_back(std::move(injection));
    done(QueueId{4711});
  }
  std::size_t count(Report::Kind kind) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(reports, [kind](const Report& each) { return each.kind == kind; }));
  }
  unsigned failing = 0;
  std::vector<Report> reports;
  std::vector<Injection> injections;

 private:
  Executor& executor_;
};

// Two lines for each of many messages would bury a failure.
inline void silence_log() {
  static const bool is_done = [] {
    log::Options options;
    options.file = "/dev/null";
    return log::configure(options).has_value();
  }();
  EXPECT_TRUE(is_done);
}

inline QueueOptions test_options() {
  QueueOptions options;
  options.jitter_seed = 1;
  return options;
}

class Site {
 public:
  explicit Site(QueueOptions queue_options = test_options()) : options(std::move(queue_options)) {
    silence_log();
    restart();
  }
  ~Site() { expect_sound(); }

  // What a crash and a new start do: the spool stays, the rest is new.
  void restart() {
    queue.reset();
    queue = std::make_unique<Queue>(
        options, Collaborators{store, runner, router, notifier, executor, executor, clock});
    queue->start();
    executor.run_ready();
  }

  QueueId submit(const std::vector<std::string>& to, std::string_view from = "author@home.example",
                 mail::DsnNotify notify = mail::DsnNotify::kUnspecified) {
    auto envelope = std::make_shared<mail::Envelope>();
    if (!from.empty()) envelope->reverse_path = address(from);
    for (const std::string& each : to)
      envelope->recipients.push_back({address(each), each, "", notify});
    envelope->arrival = clock.wall();
    return submit(std::move(envelope));
  }
  QueueId submit(std::shared_ptr<mail::Envelope> envelope) {
    const QueueId id = store.next_id();
    auto content = std::make_shared<mail::MemoryContent>(std::string("Subject: x\r\n\r\nbody\r\n"));
    spool::MessageState state;
    state.next_attempt = clock.wall();
    store.put(id, envelope, content, state);
    queue->admit(id, envelope, content, state);
    return id;
  }

  VerbCount apply(Verb verb, Selector which) {
    std::optional<VerbCount> count;
    queue->apply(verb, std::move(which), [&count](VerbCount result) { count = result; });
    executor.run_ready();
    EXPECT_TRUE(count.has_value()) << "the verb has not come back";
    return count.value_or(VerbCount{});
  }

  const IndexedMessage* entry(QueueId id) {
    const Index& index = queue->scheduler().index();
    const Index::Slot slot = index.find(id);
    return slot == Index::kNoSlot ? nullptr : &index.at(slot);
  }
  std::size_t queued() { return queue->scheduler().index().size(); }
  std::chrono::milliseconds due_in(QueueId id) {
    return std::chrono::milliseconds(entry(id)->due_ms -
                                     to_ms(queue->scheduler().timeline().now()));
  }
  unsigned attempts_of(QueueId id) const {
    return static_cast<unsigned>(
        std::ranges::count_if(runner.seen, [id](const auto& each) { return each.id == id; }));
  }
  void expect_sound() { EXPECT_EQ(queue->scheduler().find_broken_invariant(), ""); }

  QueueOptions options;
  ManualClock clock;
  ManualExecutor executor{clock};
  MemoryStore store{executor, clock};
  ScriptedRunner runner{executor, clock};
  DomainRouter router;
  RecordingNotifier notifier{executor};
  std::unique_ptr<Queue> queue;
};

}  // namespace postern::queue
