#include "tests/crash/world.h"

#include "core/base/log.h"
#include "tests/crash/watched_store.h"

namespace postern::crash {
namespace {

using Kind = Event::Kind;

mail::RecipientResult result_of(std::uint32_t recipient, mail::Outcome outcome,
                                std::string_view reply) {
  mail::RecipientResult out;
  out.recipient = recipient;
  out.outcome = outcome;
  out.diagnostic = fmt::format("host mx.example[192.0.2.1] said: {}", reply);
  out.status = reply.substr(4, 5);
  out.remote_mta = "mx.example[192.0.2.1]:25";
  return out;
}

queue::QueueOptions queue_options() {
  queue::QueueOptions out;
  out.jitter_seed = 1;
  // One recipient an attempt: results of one message come apart.
  out.default_transport.recipient_limit = 1;
  return out;
}

}  // namespace

// Next hops.
class World::Hop final : public queue::AttemptRunner {
 public:
  Hop(Ledger& ledger, queue::Executor& executor, const Bugs& bugs)
      : ledger_(ledger), executor_(executor), bugs_(bugs) {}

  void run(mail::Attempt attempt, queue::AttemptDone done) override {
    mail::AttemptResult out;
    std::vector<Event> taken;
    for (const std::uint32_t recipient : attempt.recipients) {
      const std::string& domain = attempt.envelope->recipients[recipient].forward_path.domain();
      if (domain == "no.example") {
        out.recipients.push_back(
            result_of(recipient, mail::Outcome::kFailed, "550 5.1.1 no such user"));
        continue;
      }
      if (domain == "later.example" && tried_.insert({attempt.id, recipient}).second) {
        out.recipients.push_back(result_of(recipient, mail::Outcome::kDeferred, "450 4.2.0 later"));
        continue;
      }
      // Content that can't be read ends no mail data with a dot.
      const auto octets = mail::read_all(*attempt.content, 1 << 24);
      if (!octets) {
        out.recipients.push_back(
            result_of(recipient, mail::Outcome::kDeferred, "451 4.3.0 no content"));
        continue;
      }
      out.recipients.push_back(result_of(recipient, mail::Outcome::kDelivered, "250 2.0.0 queued"));
      taken.push_back({is_whole(attempt.id, *octets) ? Kind::kDelivered : Kind::kTorn, recipient,
                       attempt.id.value(), 0});
    }
    const auto take = [this, taken] {
      for (const Event& event : taken)
        ledger_.note(event);
    };
    if (!bugs_.is_recorded_before_delivery) {
      take();
      done(std::move(out));
      return;
    }
    done(std::move(out));
    // By then the result is in the spool.
    executor_.post_after(std::chrono::seconds(30), take);
  }

 private:
  bool is_whole(QueueId id, const std::string& octets) const {
    const auto offer = ledger_.offers.find(id);
    return offer != ledger_.offers.end() && octets == content_of(offer->second.seed);
  }

  Ledger& ledger_;
  queue::Executor& executor_;
  const Bugs& bugs_;
  std::set<Ledger::Delivery> tried_;
};

class World::Site final : public queue::Router {
 public:
  void route(const mail::Envelope&, const mail::Recipient& recipient,
             std::move_only_function<void(Result<mail::Destination>)> done) override {
    const std::string& domain = recipient.forward_path.domain();
    done(mail::Destination{{"smtp", domain}, {"smtp", domain, mail::TlsRequirement::kMay}});
  }
};

// Reports are messages like any other: offered, and done when they are durable.
class World::Reports final : public queue::Notifier {
 public:
  explicit Reports(World& world) : world_(world) {}

  void report(queue::Report report, std::move_only_function<void(Result<void>)> done) override {
    auto envelope = std::make_shared<mail::Envelope>();
    envelope->recipients.push_back({mail::Mailbox("author", "ok.example"), "", "", {}});
    envelope->origin = mail::Origin::kNotification;
    envelope->arrival = world_.clock_.wall();
    const std::uint64_t seed = report.id.value() % 1'000'000;
    auto finish = std::make_shared<std::move_only_function<void(Result<void>)>>(std::move(done));
    world_.offer(seed, std::move(envelope), content_of(seed),
                 [this, finish, report = std::move(report)](std::optional<Error> error) {
                   if (error) {
                     (*finish)(std::unexpected(*error));
                     return;
                   }
                   for (const queue::ReportEntry& entry : report.entries)
                     world_.ledger_.note({Kind::kBounced, entry.recipient, report.id.value(), 0});
                   (*finish)({});
                 });
  }
  void inject(queue::Injection, std::move_only_function<void(Result<QueueId>)> done) override {
    done(fail(ErrorKind::kUnavailable, "no expansion here"));
  }

 private:
  World& world_;
};

World::World(spool::FileSystem& fs, spool::StoreOptions options, Ledger& ledger, Bugs bugs)
    : ledger_(ledger), bugs_(bugs), fs_(fs), options_(std::move(options)) {}

World::~World() { stop(); }

Result<spool::Recovery> World::start() {
  auto opened = spool::Store::open(fs_, options_, clock_);
  if (!opened) return std::unexpected(opened.error());
  store_ = std::make_unique<WatchedStore>(std::move(*opened), executor_, ledger_);
  hop_ = std::make_unique<Hop>(ledger_, executor_, bugs_);
  site_ = std::make_unique<Site>();
  reports_ = std::make_unique<Reports>(*this);
  queue_ = std::make_unique<queue::Queue>(
      queue_options(),
      queue::Collaborators{*store_, *hop_, *site_, *reports_, executor_, executor_, clock_});
  std::optional<Result<spool::Recovery>> recovery;
  queue_->start([&recovery](Result<spool::Recovery> loaded) { recovery = std::move(loaded); });
  executor_.settle();
  return recovery.value_or(fail(ErrorKind::kUnavailable, "the queue never said that it is loaded"));
}

void World::offer(std::uint64_t seed, std::shared_ptr<mail::Envelope> envelope, std::string octets,
                  Answer answer) {
  const QueueId id = store_->next_id();
  ledger_.note(
      {Kind::kOffered, static_cast<std::uint32_t>(envelope->recipients.size()), id.value(), seed});
  const auto refuse = [this, id, answer](const Error& error) {
    ledger_.note({Kind::kRefused, 0, id.value(), 0});
    answer(error);
  };
  auto writer = store_->new_content(id);
  if (auto appended = writer->append(octets); !appended) return refuse(appended.error());
  auto content = writer->finish();
  if (!content) return refuse(content.error());
  if (bugs_.is_acked_before_commit) ledger_.note({Kind::kAcked, 0, id.value(), 0});
  spool::MessageState state;
  state.next_attempt = clock_.wall();
  store_->commit(
      id, envelope, *content, state,
      [this, id, envelope, content = *content, state, refuse, answer](spool::CommitResult result) {
        std::optional<Error> error;
        if (!result) error = result.error();
        // The token's thread only posts, as a session would.
        executor_.post([this, id, envelope, content, state, refuse, answer, error] {
          if (error) return refuse(*error);
          ledger_.note({Kind::kAcked, 0, id.value(), 0});
          queue_->admit(id, envelope, content, state);
          answer(std::nullopt);
        });
      });
}

std::optional<Error> World::accept(std::uint64_t seed, const std::vector<std::string>& domains) {
  auto envelope = std::make_shared<mail::Envelope>();
  envelope->reverse_path = mail::Mailbox("author", "ok.example");
  for (const std::string& domain : domains)
    envelope->recipients.push_back({mail::Mailbox("user", domain), "user@" + domain, "", {}});
  envelope->arrival = clock_.wall();
  std::optional<Error> out;
  offer(seed, std::move(envelope), content_of(seed),
        [&out](std::optional<Error> error) { out = std::move(error); });
  executor_.settle();
  return out;
}

void World::accept_together(const std::vector<std::uint64_t>& seeds, const std::string& domain) {
  for (const std::uint64_t seed : seeds) {
    auto envelope = std::make_shared<mail::Envelope>();
    envelope->reverse_path = mail::Mailbox("author", "ok.example");
    envelope->recipients.push_back({mail::Mailbox("user", domain), "user@" + domain, "", {}});
    envelope->arrival = clock_.wall();
    offer(seed, std::move(envelope), content_of(seed), [](std::optional<Error>) {});
  }
  executor_.settle();
}

void World::maintain() {
  store_->maintain();
  executor_.settle();
}

void World::stop() {
  if (queue_) {
    queue_->stop([] {});
    executor_.settle();
    queue_.reset();
  }
  if (store_) store_->close();
  store_.reset();
}

std::size_t World::queued() { return queue_->scheduler().index().size(); }
spool::Store& World::store() { return *store_; }
std::string World::find_broken_invariant() { return queue_->scheduler().find_broken_invariant(); }

}  // namespace postern::crash
