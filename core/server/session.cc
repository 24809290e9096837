#include "core/server/session.h"

#include "core/base/log.h"
#include "core/net/completion.h"
#include "core/server/replies.h"
#include "core/server/session_log.h"
#include "core/server/session_set.h"
#include "core/tls/tls_stream.h"

namespace postern::server {
namespace {

// A session that is over waits no longer than this for its last reply to be taken.
constexpr Seconds kCloseTime{10};
// Buffers above it are given back once they are empty.
constexpr std::size_t kKeptOctets = 1024;
// After so many full reads the loop's other sessions get their turn, however fast this client
// sends.
constexpr unsigned kFullReads = 4;

SteadyTime now() { return std::chrono::steady_clock::now(); }

void forget(std::string& buffer) {
  if (buffer.capacity() > kKeptOctets) {
    std::string().swap(buffer);
  } else {
    buffer.clear();
  }
}

}  // namespace

Session::Session(net::Loop& loop, std::shared_ptr<const ServerSite> site, SessionSet& set,
                 UniqueFd fd, const net::SocketAddress& peer)
    : loop_(loop),
      site_(std::move(site)),
      set_(set),
      stream_(net::make_plain_stream(std::make_unique<net::Socket>(loop, std::move(fd)))),
      peer_(peer),
      conversation_(site_, peer),
      dispatcher_(conversation_) {
  set_.add(*this);
  conversation_.is_draining = set_.is_draining();
  ServerMetrics::get().sessions.Increment();
  ServerMetrics::get().connections.Increment();
}

Session::~Session() {
  ServerMetrics::get().sessions.Decrement();
  set_.remove(*this);
}

void Session::drain() {
  conversation_.is_draining = true;
  if (is_waiting_ && !conversation_.transaction && !dispatcher_.is_reading_data() && stream_)
    stream_->socket().cancel();
}

void Session::abort() {
  is_aborted_ = true;
  if (stream_) stream_->socket().cancel();
  if (handshaking_ != nullptr) handshaking_->cancel();
}

net::Task<void> Session::run() {
  const bool opened = co_await open();
  if (opened) co_await converse();
  co_await close();
}

Seconds Session::command_time() const {
  const TimeOptions& times = site_->options.times;
  return site_->is_stressed() ? std::min(times.command, times.command_stress) : times.command;
}

net::Task<void> Session::converse() {
  while (true) {
    Step step = advance();
    // A step may lead to the next one without input: check, filters, commit.
    while (step != Step::kInput && step != Step::kClose)
      step = co_await carry_out(step);
    if (step == Step::kClose) co_return;
    if (!must_wait_ || held_at_ < held_.size()) continue;
    step = co_await read_more();
    if (step == Step::kClose) co_return;
  }
}

// As far as it goes with what is here.
Step Session::advance() {
  if (held_at_ < held_.size()) {
    std::string_view input = std::string_view(held_).substr(held_at_);
    const Step step = dispatcher_.consume(input);
    held_at_ = held_.size() - input.size();
    if (input.empty()) {
      held_at_ = 0;
      forget(held_);
    }
    return step;
  }
  if (must_wait_ && deadline_ == SteadyTime{}) return Step::kInput;  // just greeted
  const std::span<char> scratch = loop_.scratch();
  const auto got = stream_->try_read(scratch);
  if (!got) return end_by(got.error());
  if (got->wants != net::IoStep::Wants::kNothing) {
    must_wait_ = true;
    return Step::kInput;
  }
  if (got->octets == 0) return end_by(Error{ErrorKind::kClosed, "closed by the client"});
  full_reads_ = got->octets < scratch.size() ? 0 : full_reads_ + 1;
  must_wait_ = full_reads_ == 0 ? !stream_->has_pending() : full_reads_ % kFullReads == 0;
  move_deadline(got->octets);
  std::string_view input(scratch.data(), got->octets);
  const Step step = dispatcher_.consume(input);
  hold(input);
  return step;
}

void Session::hold(std::string_view rest) {
  if (!rest.empty()) held_.assign(rest);
}

// While data comes in, each octet buys time at the rate that is asked for, up to the full timeout;
// a client that drips loses it (smtpd_min_data_rate).
void Session::move_deadline(std::size_t octets) {
  if (!dispatcher_.is_reading_data()) return;
  const std::uint64_t rate = site_->options.times.min_data_rate;
  const SteadyTime full = now() + command_time();
  if (rate == 0) {
    deadline_ = full;
    return;
  }
  const std::chrono::duration<double> bought(static_cast<double>(octets) /
                                             static_cast<double>(rate));
  deadline_ = std::min(full, deadline_ + std::chrono::ceil<SteadyTime::duration>(bought));
}

net::Task<Step> Session::read_more() {
  const bool sent = co_await flush(now() + command_time());
  if (!sent) co_return Step::kClose;
  const bool in_dialogue = !dispatcher_.is_reading_data();
  if (conversation_.is_draining && in_dialogue && !conversation_.transaction) {
    conversation_.reply(replies::shutting_down(conversation_.hostname()));
    co_return Step::kClose;
  }
  // One deadline a command, however many pieces it comes in.
  if (deadline_ == SteadyTime{} || (in_dialogue && !dispatcher_.has_partial_line()))
    deadline_ = now() + command_time();
  is_waiting_ = true;
  const auto readable = co_await stream_->wait_readable(deadline_);
  is_waiting_ = false;
  if (!readable) co_return end_by(readable.error());
  must_wait_ = false;
  co_return Step::kInput;
}

// The client is gone, or we are done waiting for it.
Step Session::end_by(const Error& error) {
  if (is_aborted_) {
    is_silent_ = true;
  } else if (conversation_.is_draining && error.kind == ErrorKind::kClosed &&
             stream_->socket().is_cancelled()) {
    conversation_.reply(replies::shutting_down(conversation_.hostname()));
  } else if (error.kind == ErrorKind::kTimeout) {
    log_end(conversation_, "timeout");
    ServerMetrics::get().timeouts.Increment();
    conversation_.reply(replies::timeout(conversation_.hostname()));
  } else {
    log_end(conversation_, "lost connection");
    ServerMetrics::get().lost_connections.Increment();
    is_silent_ = true;
  }
  return Step::kClose;
}

net::Task<Step> Session::carry_out(Step step) {
  switch (step) {
    case Step::kFlush: {
      const bool sent = co_await flush(now() + command_time());
      // What was held back goes on in advance(); a full buffer of replies means there is some.
      co_return sent ? Step::kInput : Step::kClose;
    }
    case Step::kAccess: co_return co_await ask_restrictions();
    case Step::kFilter: {
      const filter::Stage stage = dispatcher_.pending_stage();
      filter::Verdict verdict = co_await ask_filters(stage);
      co_return dispatcher_.after_filter(std::move(verdict));
    }
    case Step::kContent: {
      std::string content = dispatcher_.take_content();
      filter::Verdict verdict = co_await conversation_.chain->content(std::move(content));
      move_deadline(0);
      co_return dispatcher_.after_content(std::move(verdict));
    }
    case Step::kCommit: co_return co_await commit();
    case Step::kStartTls: {
      const bool encrypted = co_await start_tls();
      co_return encrypted ? Step::kInput : Step::kClose;
    }
    case Step::kNewClient: {
      const bool greeted = co_await greet();
      co_return greeted ? Step::kInput : Step::kClose;
    }
    case Step::kPause:
      co_await pause(site_->options.times.error_sleep);
      co_return dispatcher_.after_pause();
    case Step::kInput:
    case Step::kClose: break;
  }
  co_return step;
}

net::Task<Step> Session::ask_restrictions() {
  const CheckPoint point = dispatcher_.pending_point();
  auto work = [site = site_, point, context = OwnedContext(dispatcher_.access_context())] {
    return check_access(*site, point, context.view());
  };
  auto answer = co_await net::on_pool(loop_, site_->resources.pool, std::move(work));
  if (!answer) {
    AccessAnswer busy;
    busy.rejection = mail::Rejection{
        {451, mail::EnhancedStatus{4, 3, 2}, "Error: the server is busy, try again later"},
        "too many lookups wait (file_worker_threads)"};
    busy.reason = RefusalReason::kOverload;
    answer = std::move(busy);
  }
  co_return dispatcher_.after_access(std::move(*answer));
}

net::Task<filter::Verdict> Session::ask_filters(filter::Stage stage) {
  filter::Chain& chain = *conversation_.chain;
  const Transaction* const transaction = conversation_.transaction.get();
  switch (stage) {
    case filter::Stage::kConnect: co_return co_await chain.connect(conversation_.client);
    case filter::Stage::kHello: co_return co_await chain.hello(conversation_.client);
    case filter::Stage::kMail: co_return co_await chain.mail(transaction->envelope);
    case filter::Stage::kRecipient:
      co_return co_await chain.recipient(transaction->envelope, conversation_.candidate);
    case filter::Stage::kData:
      co_return co_await chain.data(transaction->envelope, transaction->message->id());
    case filter::Stage::kEndOfMessage:
      co_return co_await chain.end_of_message(transaction->envelope, transaction->message->id());
    case filter::Stage::kContent:
    case filter::Stage::kNone: break;
  }
  co_return filter::Verdict{};
}

net::Task<Step> Session::commit() {
  using Committed = std::expected<spool::CommitToken, mail::Rejection>;
  net::Completion<Committed> done(loop_);
  mail::Envelope envelope = dispatcher_.take_envelope();
  conversation_.transaction->message->commit(std::move(envelope), done.callback());
  Committed result = co_await done.wait();
  co_return dispatcher_.after_commit(std::move(result));
}

net::Task<Session::Opened> Session::start_tls() {
  const bool sent = co_await flush(now() + command_time());
  if (!sent) co_return false;
  // The dispatcher has refused STARTTLS with anything behind it, so nothing is held here.
  const TimeOptions& times = site_->options.times;
  const Seconds patience =
      site_->is_stressed() ? std::min(times.starttls, times.starttls_stress) : times.starttls;
  // The socket lives as long as the handshake, which is what handshaking_ is used for.
  handshaking_ = &stream_->socket();
  auto encrypted = co_await tls::accept_tls(std::move(stream_), site_->tls, now() + patience);
  handshaking_ = nullptr;
  const std::string& service = site_->options.identity.service;
  if (!encrypted) {
    log::info(service, "SSL_accept error from {}: {}", conversation_.peer(),
              encrypted.error().describe());
    log_end(conversation_,
            encrypted.error().kind == ErrorKind::kTimeout ? "timeout" : "lost connection");
    ServerMetrics::get().refused(RefusalReason::kTls);
    is_silent_ = true;
    co_return false;
  }
  conversation_.client.tls = (*encrypted)->info().describe();
  stream_ = std::move(*encrypted);
  conversation_.restart(true);
  must_wait_ = !stream_->has_pending();
  if (site_->options.extensions.tls_loglevel >= 1)
    log::info(service, "Anonymous TLS connection established from {}: {}", conversation_.peer(),
              conversation_.client.tls);
  co_return true;
}

net::Task<bool> Session::flush(SteadyTime deadline) {
  std::string& out = conversation_.output;
  if (out.empty()) co_return true;
  const auto written = stream_->try_write(out);
  if (!written) {
    end_by(written.error());
    co_return false;
  }
  if (written->octets < out.size()) {
    out.erase(0, written->octets);
    const auto rest = co_await stream_->write_all(out, deadline);
    if (!rest) {
      out.clear();
      end_by(rest.error());
      is_silent_ = true;  // a client that takes no replies gets no more of them
      co_return false;
    }
  }
  forget(out);
  co_return true;
}

net::Task<void> Session::pause(Seconds time) {
  net::Completion<bool> never(loop_);
  co_await never.wait_until(now() + time);
}

net::Task<void> Session::close() {
  if (stream_ && !is_silent_) {
    if (stream_->socket().is_cancelled()) {
      (void)stream_->try_write(conversation_.output);
    } else {
      co_await flush(now() + kCloseTime);
    }
  }
  conversation_.end_transaction();
  log_disconnect(conversation_);
  if (!stream_) co_return;
  // In plain text the close says it all, and a shutdown before it would be one call more.
  if (stream_->is_tls()) stream_->shutdown();
  // Octets left unread would turn the close into a reset, which can take our last reply with it.
  (void)stream_->try_read(loop_.scratch());
  stream_->socket().close();
}

}  // namespace postern::server
