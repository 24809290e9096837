// A MailSink in memory: keeps what was committed, refuses or delays on demand.
// Thread-safe.
#pragma once

#include <bit>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/server/mail_sink.h"

namespace postern::testing {

struct StoredMail {
  QueueId id;
  mail::Envelope envelope;
  std::string content;
};

class MemorySink final : public server::MailSink {
 public:
  std::unique_ptr<server::IncomingMessage> begin() override {
    return std::make_unique<Incoming>(*this, ids_.next());
  }
  std::optional<mail::Rejection> admission(std::uint64_t announced_size) const override {
    const std::lock_guard lock(mutex_);
    if (free_octets_ && announced_size >= *free_octets_)
      return mail::Rejection{{452, mail::EnhancedStatus{4, 3, 1}, "Insufficient system storage"},
                             "planted"};
    return std::nullopt;
  }

  // The next commits fail with it; nullopt: succeed.
  void refuse_commits(std::optional<mail::Rejection> why) {
    const std::lock_guard lock(mutex_);
    refusal_ = std::move(why);
  }
  void refuse_appends(std::optional<mail::Rejection> why) {
    const std::lock_guard lock(mutex_);
    append_refusal_ = std::move(why);
  }
  // Commits wait until release().
  void hold_commits() {
    const std::lock_guard lock(mutex_);
    is_holding_ = true;
  }
  void release() {
    std::vector<std::function<void()>> held;
    {
      const std::lock_guard lock(mutex_);
      is_holding_ = false;
      held.swap(held_);
    }
    for (auto& each : held)
      each();
  }
  std::size_t held() const {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  void set_free_octets(std::optional<std::uint64_t> octets) {
    const std::lock_guard lock(mutex_);
    free_octets_ = octets;
  }

  std::vector<StoredMail> messages() const {
    const std::lock_guard lock(mutex_);
    return messages_;
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return messages_.size();
  }
  // Messages begun and neither committed nor given up.
  std::size_t open_messages() const { return open_.load(); }

 private:
  class Incoming final : public server::IncomingMessage {
   public:
    Incoming(MemorySink& sink, QueueId id) : sink_(sink), id_(id) { ++sink_.open_; }
    ~Incoming() override { --sink_.open_; }
    QueueId id() const override { return id_; }
    std::uint64_t size() const override { return content_.size(); }
    std::expected<void, mail::Rejection> append(std::string_view octets) override {
      const std::lock_guard lock(sink_.mutex_);
      if (sink_.append_refusal_) return std::unexpected(*sink_.append_refusal_);
      content_ += octets;
      return {};
    }
    void commit(mail::Envelope envelope, Done done) override {
      sink_.commit({id_, std::move(envelope), std::move(content_)}, std::move(done));
    }

   private:
    MemorySink& sink_;
    QueueId id_;
    std::string content_;
  };

  void commit(StoredMail stored, server::IncomingMessage::Done done) {
    std::unique_lock lock(mutex_);
    if (is_holding_) {
      auto shared = std::make_shared<server::IncomingMessage::Done>(std::move(done));
      held_.push_back([this, stored = std::move(stored), shared]() mutable {
        commit(std::move(stored), std::move(*shared));
      });
      return;
    }
    if (refusal_) {
      const mail::Rejection refusal = *refusal_;
      lock.unlock();
      done(std::unexpected(refusal));
      return;
    }
    const QueueId id = stored.id;
    messages_.push_back(std::move(stored));
    lock.unlock();
    // Only the spool's committer can make a token.  A test's memory is as durable as it gets.
    static_assert(sizeof(spool::CommitToken) == sizeof(QueueId));
    done(std::bit_cast<spool::CommitToken>(id));
  }

  QueueIdSource ids_{Clock::system()};
  mutable std::mutex mutex_;
  std::vector<StoredMail> messages_;
  std::vector<std::function<void()>> held_;
  std::optional<mail::Rejection> refusal_, append_refusal_;
  std::optional<std::uint64_t> free_octets_;
  bool is_holding_ = false;
  std::atomic<std::size_t> open_{0};
};

}  // namespace postern::testing
