// An engine's half of the admin service: a real spool in a temporary directory, a real queue over
// it, a delivery that never succeeds, and the service on its socket.
#pragma once

#include <future>

#include "core/base/log.h"
#include "core/engine/admin_service.h"
#include "core/spool/fs.h"
#include "core/spool/store.h"
#include "tests/support/thread_executor.h"
#include "tests/unit/tools/tools_site.h"

namespace postern::tools {

using postern::testing::ThreadExecutor;

class DeferringRunner final : public queue::AttemptRunner {
 public:
  void run(mail::Attempt attempt, queue::AttemptDone done) override {
    mail::AttemptResult result;
    for (const std::uint32_t each : attempt.recipients) {
      mail::RecipientResult& made = result.recipients.emplace_back();
      made.recipient = each;
      made.status = "4.4.1";
      made.diagnostic = "connect to mx.example[192.0.2.1]:25: Connection refused";
    }
    done(std::move(result));
  }
};

class OneLaneRouter final : public queue::Router {
 public:
  void route(const mail::Envelope&, const mail::Recipient& recipient,
             std::move_only_function<void(Result<mail::Destination>)> done) override {
    const std::string& domain = recipient.forward_path.domain();
    done(mail::Destination{{"smtp", domain}, {"smtp", domain, mail::TlsRequirement::kMay}});
  }
};

class SilentNotifier final : public queue::Notifier {
 public:
  void report(queue::Report, std::move_only_function<void(Result<void>)> done) override {
    done({});
  }
  void inject(queue::Injection, std::move_only_function<void(Result<QueueId>)> done) override {
    done(fail(ErrorKind::kUnavailable, "not here"));
  }
};

class AdminSite final : public engine::AdminBackend {
 public:
  AdminSite() {
    log::Options silent;
    silent.file = "/dev/null";
    EXPECT_TRUE(log::configure(silent));
    std::filesystem::create_directory(site.queue + "/private");
    spool::StoreOptions options;
    options.directory = site.queue + "/spool";
    options.durability = spool::Durability::kProcess;
    store_ = std::move(*spool::Store::open(spool::FileSystem::posix(), options));
    queue_ = std::make_unique<queue::Queue>(
        queue::QueueOptions{}, queue::Collaborators{*store_, runner_, router_, notifier_, executor_,
                                                    executor_, Clock::system()});
    std::promise<void> loaded;
    queue_->start([&loaded](const Result<spool::Recovery>&) { loaded.set_value(); });
    loaded.get_future().wait();
  }
  ~AdminSite() override { stop_engine(); }

  void start(std::function<void(engine::AdminOptions&)> adjust = nullptr) {
    engine::AdminOptions options;
    options.socket_path = socket();
    if (adjust) adjust(options);
    auto started = engine::AdminService::start(*this, options);
    ASSERT_TRUE(started) << started.error().describe();
    service = std::move(*started);
  }
  void stop_engine() {
    service.reset();
    if (queue_ != nullptr) {
      std::promise<void> stopped;
      queue_->stop([&stopped] { stopped.set_value(); });
      stopped.get_future().wait();
    }
    executor_.stop();
    queue_.reset();
    if (store_ != nullptr) store_->close();
    store_.reset();
  }
  std::string socket() const { return site.queue + "/private/admin"; }

  // A held message: nothing happens to it until it is told.
  QueueId put(const std::vector<std::string>& to, const std::string& from = "a@home.example",
              const std::string& content = "Subject: x\r\n\r\nbody\r\n") {
    auto envelope = std::make_shared<mail::Envelope>();
    const auto mailbox = [](const std::string& text) {
      const std::size_t at = text.find('@');
      return mail::Mailbox(text.substr(0, at), text.substr(at + 1));
    };
    if (!from.empty()) envelope->reverse_path = mailbox(from);
    for (const std::string& each : to)
      envelope->recipients.push_back({mailbox(each), each, "", {}});
    envelope->client.name = "client.example";
    envelope->client.address = "192.0.2.7";
    envelope->arrival = std::chrono::system_clock::now();
    const QueueId id = store_->next_id();
    auto writer = store_->new_content(id);
    EXPECT_TRUE(writer->append(content));
    mail::ContentPtr kept = *writer->finish();
    spool::MessageState state;
    state.recipients.resize(to.size());
    state.held = true;
    std::promise<void> done;
    store_->commit(id, envelope, kept, state, [&done](spool::CommitResult result) {
      EXPECT_TRUE(result);
      done.set_value();
    });
    done.get_future().wait();
    queue_->admit(id, envelope, kept, state);
    return id;
  }

  queue::Queue& queue() override { return *queue_; }
  spool::Store& store() override { return *store_; }
  engine::EngineStatus status() override {
    engine::EngineStatus out;
    out.version = "1.2.3";
    out.started = std::chrono::system_clock::now();
    out.config_directory = site.dir.path();
    out.queue_directory = site.queue;
    out.durability = "process";
    out.sessions = 7;
    return out;
  }
  engine::ReloadOutcome reload() override {
    return {is_reload_good, {"main.cf:1: warning: a word"}};
  }

  ToolsSite site;
  std::atomic<bool> is_reload_good = true;
  std::unique_ptr<engine::AdminService> service;

 private:
  ThreadExecutor executor_;
  DeferringRunner runner_;
  OneLaneRouter router_;
  SilentNotifier notifier_;
  std::unique_ptr<spool::Store> store_;
  std::unique_ptr<queue::Queue> queue_;
};

}  // namespace postern::tools
