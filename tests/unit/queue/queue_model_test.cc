// Random walks: whatever operators, peers, disk and clock do, nothing is lost, nothing is delivered
// twice, everything ends in time, and between any two steps every recipient has something that will
// move it on.
#include <random>

#include "tests/unit/queue/site.h"

namespace postern::queue {
namespace {

// The reference model: what may become of each recipient, by the rules alone.
struct Fate {
  unsigned delivered = 0;
  unsigned failed = 0;  // entries in failure reports
  bool is_deleted = false;
};

class Walk {
 public:
  // `crashes`: the engine is killed now and then; a recipient may then be tried once more for each
  // kill, and only loss is forbidden.
  Walk(unsigned seed, QueueOptions options, bool crashes = false)
      : random_(seed), crashes_(crashes), site_(std::move(options)) {
    site_.router.executor = seed % 2 == 0 ? nullptr : &site_.executor;
    site_.runner.latency = std::chrono::milliseconds(random_() % 3 * 700);
    site_.store.record_latency = std::chrono::milliseconds(random_() % 3 * 50);
    site_.runner.decide = [this](const mail::Attempt& attempt) { return decide(attempt); };
  }

  void run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      step();
      ASSERT_EQ(site_.queue->scheduler().find_broken_invariant(), "") << "step " << i;
    }
    // Operators let go, the peers stay as they are: all must end by itself.
    site_.executor.run_for(1h);
    site_.store.failing_records = 0;
    site_.notifier.failing = 0;
    site_.queue->apply(Verb::kRelease, Selector::all(), [](VerbCount) {});
    site_.executor.run_for(site_.options.maximal_queue_lifetime + 3 * 4000s);
    EXPECT_EQ(site_.store.size(), 0u) << "outlived its time";
    EXPECT_EQ(site_.queued(), 0u);
    check_fates();
  }

 private:
  mail::AttemptResult decide(const mail::Attempt& attempt) {
    const unsigned kind = random_() % 16;
    if (kind == 0) return ScriptedRunner::unreachable(attempt);
    if (kind == 1) {
      auto result = ScriptedRunner::deferred(attempt);
      result.site = mail::SiteVerdict::kThrottle;
      return result;
    }
    mail::AttemptResult result =
        ScriptedRunner::all(attempt, mail::Outcome::kDelivered, "2.0.0", "250 ok");
    for (mail::RecipientResult& each : result.recipients) {
      const unsigned fate = random_() % 8;
      if (fate < 2 || attempt.lane.site == "never.example") {
        each.outcome = mail::Outcome::kDeferred;
        each.status = "4.2.0";
      } else if (fate == 2) {
        each.outcome = mail::Outcome::kFailed;
        each.status = "5.1.1";
      }
    }
    return result;
  }

  QueueId any_id() {
    if (ids_.empty()) return QueueId(1);
    return ids_[random_() % ids_.size()].first;
  }

  void submit() {
    const char* domains[] = {"a.example", "b.example", "c.example", "never.example"};
    std::vector<std::string> to;
    const std::size_t count = random_() % 5 == 0 ? random_() % 200 + 1 : random_() % 3 + 1;
    for (std::size_t i = 0; i < count; ++i)
      to.push_back(fmt::format("u{}@{}", i, domains[random_() % 4]));
    ids_.emplace_back(site_.submit(to), count);
  }

  void step() {
    if (crashes_ && random_() % 40 == 0) {
      ++kills_;
      site_.restart();
    }
    switch (random_() % 16) {
      case 0:
      case 1:
      case 2:
      case 3: submit(); break;
      case 4: verb(Verb::kHold, any_id()); break;
      case 5: verb(Verb::kRelease, any_id()); break;
      case 6: verb(Verb::kRequeue, any_id()); break;
      case 7: verb(Verb::kFlush, any_id()); break;
      case 8:
        if (random_() % 4 == 0) verb(Verb::kExpire, any_id());
        break;
      case 9:
        if (random_() % 4 == 0) erase(any_id());
        break;
      case 10: site_.store.failing_records += random_() % 2; break;
      case 11: site_.notifier.failing += random_() % 2; break;
      case 12:
        site_.clock.set_wall(site_.clock.wall() + Seconds(random_() % 200'000) - 100'000s);
        break;
      case 13: site_.executor.run_for(Seconds(random_() % 4000)); break;
      default: site_.executor.run_for(std::chrono::milliseconds(random_() % 3000));
    }
  }

  void verb(Verb verb, QueueId id) {
    site_.queue->apply(verb, Selector::by_id(id), [](VerbCount) {});
  }
  void erase(QueueId id) {
    site_.queue->apply(Verb::kDelete, Selector::by_id(id), [this, id](VerbCount count) {
      if (count.changed > 0) deleted_.insert(id);
    });
  }

  void check_fates() {
    std::map<std::pair<QueueId, std::uint32_t>, Fate> fates;
    for (const auto& [recipient, times] : site_.runner.delivered)
      fates[recipient].delivered = times;
    for (const Report& report : site_.notifier.reports)
      for (const ReportEntry& entry : report.entries)
        if (report.kind == Report::Kind::kFailure) ++fates[{report.id, entry.recipient}].failed;
    for (const auto& [id, count] : ids_) {
      for (std::uint32_t i = 0; i < count; ++i) {
        const Fate& fate = fates[{id, i}];
        EXPECT_LE(fate.delivered, 1 + kills_) << id.to_string() << " recipient " << i << " twice";
        EXPECT_LE(fate.failed, 1 + kills_)
            << id.to_string() << " recipient " << i << " reported twice";
        EXPECT_TRUE(crashes_ || fate.delivered == 0 || fate.failed == 0)
            << "delivered and reported as failed";
        if (!deleted_.contains(id)) {
          EXPECT_GE(fate.delivered + fate.failed, 1u)
              << id.to_string() << " recipient " << i << " lost";
        }
      }
    }
  }

  std::mt19937 random_;
  const bool crashes_;
  unsigned kills_ = 0;
  Site site_;
  std::vector<std::pair<QueueId, std::size_t>> ids_;
  std::set<QueueId> deleted_;
};

class QueueModel : public ::testing::TestWithParam<unsigned> {};

TEST_P(QueueModel, RandomWalkKeepsEveryPromise) {
  QueueOptions options = test_options();
  options.maximal_queue_lifetime = 2 * 24h;
  options.delay_warning_time = GetParam() % 3 == 0 ? 4h : 0h;
  Walk(GetParam() + 1, options).run(600);
}

TEST_P(QueueModel, RandomWalkInATinyWindow) {
  QueueOptions options = test_options();
  options.maximal_queue_lifetime = 24h;
  options.message_active_limit = 5;
  options.recipient_active_limit = 50;
  options.read_concurrency = 2;
  options.content_memory = ByteCount{30};
  options.default_transport.recipient_limit = 7;
  options.default_transport.concurrency_limit = 3;
  options.default_transport.rate_delay = std::chrono::milliseconds(GetParam() % 2 * 100);
  Walk(GetParam() + 1000, options).run(400);
}

TEST_P(QueueModel, Row187KillsLoseNothing) {
  QueueOptions options = test_options();
  options.maximal_queue_lifetime = 2 * 24h;
  Walk(GetParam() + 2000, options, true).run(600);
}

INSTANTIATE_TEST_SUITE_P(Seeds, QueueModel, ::testing::Range(0u, 25u));

}  // namespace
}  // namespace postern::queue
