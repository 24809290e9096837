// The only user of gRPC in engine/.  Each handler runs on a thread of gRPC's, asks the queue, waits
// for the answer with a bound, and writes it.

#include "core/engine/admin_bridge.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server_posix.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/engine/admin_calls.h"
#include "core/engine/admin_messages.h"
#include "proto/postern/admin/v1/admin.grpc.pb.h"

namespace postern::engine {
namespace {

constexpr int kMaxRequest = 1 << 20;
constexpr int kMaxResponse = 4 << 20;
constexpr std::size_t kContentPiece = 64u << 10;
constexpr std::size_t kMemory = 64u << 20;  // of gRPC's buffers, all connections of one server
constexpr int kIdle = 60'000;               // ms; a connection without calls
constexpr int kMaxLanes = 5000;
constexpr int kMaxDiagnostics = 1000;
constexpr std::chrono::milliseconds kLook{100};

grpc::Status to_status(const Error& error) {
  const std::string text = utf8_only(error.describe());
  switch (error.kind) {
    case ErrorKind::kInvalid: return {grpc::StatusCode::INVALID_ARGUMENT, text};
    case ErrorKind::kNotFound: return {grpc::StatusCode::NOT_FOUND, text};
    case ErrorKind::kCorrupt: return {grpc::StatusCode::DATA_LOSS, text};
    case ErrorKind::kPermission: return {grpc::StatusCode::PERMISSION_DENIED, text};
    case ErrorKind::kLimit: return {grpc::StatusCode::RESOURCE_EXHAUSTED, text};
    default: return {grpc::StatusCode::UNAVAILABLE, text};
  }
}

const grpc::Status& too_many() {
  static const grpc::Status status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too many calls at once");
  return status;
}
const grpc::Status& no_answer() {
  static const grpc::Status status(grpc::StatusCode::UNAVAILABLE, "the queue does not answer");
  return status;
}
const grpc::Status& cut_off() {
  static const grpc::Status status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                   "the client does not read");
  return status;
}

class Handlers final : public wire::Admin::Service {
 public:
  Handlers(AdminBackend& backend, const AdminOptions& options, bool may_change)
      : backend_(backend), options_(options), may_change_(may_change), calls_(options.max_calls) {}

  grpc::Status GetStatus(grpc::ServerContext* context, const wire::GetStatusRequest*,
                         wire::GetStatusResponse* out) override {
    const Calls::Call call(calls_, [] {});
    if (!call.is_admitted()) return too_many();
    const EngineStatus status = backend_.status();
    const auto counts = ask<queue::QueueCounts>(
        *context, [this](auto give) { backend_.queue().counts(std::move(give)); });
    if (!counts) return no_answer();
    out->set_version(status.version);
    set_time(status.started, *out->mutable_started());
    out->set_process_id(static_cast<std::uint32_t>(::getpid()));
    out->set_config_directory(utf8_only(status.config_directory));
    out->set_queue_directory(utf8_only(status.queue_directory));
    out->set_durability(status.durability);
    out->set_is_accepting(status.is_accepting);
    out->set_sessions(status.sessions);
    out->set_corrupt_records(status.corrupt_records);
    out->set_is_loaded(counts->is_loaded);
    out->set_waiting(counts->waiting);
    out->set_active(counts->active);
    out->set_held(counts->held);
    out->set_lanes(counts->lanes);
    out->set_attempts(counts->attempts);
    out->set_content_octets(counts->content_bytes);
    return grpc::Status::OK;
  }

  grpc::Status List(grpc::ServerContext* context, const wire::ListRequest* request,
                    grpc::ServerWriter<wire::ListResponse>* writer) override {
    Calls::Call call(calls_, [context] { context->TryCancel(); });
    if (!call.is_admitted()) return too_many();
    auto which = to_selector(request->which());
    if (!which) return to_status(which.error());
    const auto pipe = std::make_shared<Pipe<wire::QueuedMessage>>();
    backend_.queue().list(
        std::move(*which),
        [pipe](const queue::MessageView& message) {
          return for_each_part(
              message, [&pipe](wire::QueuedMessage part) { return pipe->put(std::move(part)); });
        },
        [pipe] { pipe->end(); });
    const grpc::Status status = drain(*pipe, call, *context, *writer);
    pipe->abandon();
    return status;
  }

  grpc::Status Summarize(grpc::ServerContext* context, const wire::SummarizeRequest* request,
                         wire::SummarizeResponse* out) override {
    const Calls::Call call(calls_, [] {});
    if (!call.is_admitted()) return too_many();
    auto which = to_selector(request->which());
    if (!which) return to_status(which.error());
    const auto summary = ask<queue::Summary>(*context, [this, &which](auto give) {
      backend_.queue().summarize(std::move(*which), std::move(give));
    });
    if (!summary) return no_answer();
    fill(*summary, *out);
    return grpc::Status::OK;
  }

  grpc::Status Show(grpc::ServerContext* context, const wire::ShowRequest* request,
                    grpc::ServerWriter<wire::ShowResponse>* writer) override {
    Calls::Call call(calls_, [context] { context->TryCancel(); });
    if (!call.is_admitted()) return too_many();
    const auto id = QueueId::parse(request->queue_id());
    if (!id) return {grpc::StatusCode::INVALID_ARGUMENT, "not a queue id"};
    auto view = ask<Result<queue::MessageView>>(
        *context, [this, &id](auto give) { backend_.queue().show(*id, std::move(give)); });
    if (!view) return no_answer();
    if (!*view) return to_status(view->error());
    const auto stored = backend_.store().read(*id);
    if (!stored) return to_status(stored.error());
    const bool is_sent = for_each_part(**view, [&](wire::QueuedMessage part) {
      wire::ShowResponse response;
      *response.mutable_message() = std::move(part);
      return write(call, *writer, response);
    });
    if (!is_sent) return cut_off();
    wire::ShowResponse details;
    *details.mutable_details() = to_details(stored->envelope);
    if (!write(call, *writer, details)) return cut_off();
    if (!request->with_content()) return grpc::Status::OK;
    return send_content(*stored->content, call, *writer);
  }

  grpc::Status ListLanes(grpc::ServerContext* context, const wire::ListLanesRequest*,
                         wire::ListLanesResponse* out) override {
    const Calls::Call call(calls_, [] {});
    if (!call.is_admitted()) return too_many();
    const auto lanes = ask<std::vector<queue::LaneView>>(
        *context, [this](auto give) { backend_.queue().lanes(std::move(give)); });
    if (!lanes) return no_answer();
    std::size_t octets = 0;
    for (const queue::LaneView& lane : *lanes) {
      wire::Lane made = to_lane(lane);
      octets += made.ByteSizeLong();
      if (out->lanes_size() == kMaxLanes || octets > kMaxResponse / 2) {
        out->set_is_truncated(true);
        break;
      }
      *out->add_lanes() = std::move(made);
    }
    return grpc::Status::OK;
  }

  grpc::Status Apply(grpc::ServerContext* context, const wire::ApplyRequest* request,
                     wire::ApplyResponse* out) override {
    if (!may_change_) return refused();
    const Calls::Call call(calls_, [] {});
    if (!call.is_admitted()) return too_many();
    const auto verb = to_verb(request->verb());
    if (!verb) return {grpc::StatusCode::INVALID_ARGUMENT, "no such verb"};
    auto which = to_selector(request->which());
    if (!which) return to_status(which.error());
    const auto count = ask<queue::VerbCount>(*context, [this, &verb, &which](auto give) {
      backend_.queue().apply(*verb, std::move(*which), std::move(give));
    });
    if (!count) return no_answer();
    out->set_matched(count->matched);
    out->set_changed(count->changed);
    out->set_failed(count->failed);
    return grpc::Status::OK;
  }

  grpc::Status Reload(grpc::ServerContext*, const wire::ReloadRequest*,
                      wire::ReloadResponse* out) override {
    if (!may_change_) return refused();
    const Calls::Call call(calls_, [] {});
    if (!call.is_admitted()) return too_many();
    const ReloadOutcome outcome = backend_.reload();
    out->set_is_applied(outcome.is_applied);
    for (const std::string& line : outcome.diagnostics) {
      if (out->diagnostics_size() == kMaxDiagnostics) break;
      out->add_diagnostics(utf8_only(line.substr(0, 1000)));
    }
    return grpc::Status::OK;
  }

  void cut_slow_clients(SteadyTime now) { calls_.cut_writing_since(now - options_.write_timeout); }

 private:
  static grpc::Status refused() {
    return {grpc::StatusCode::PERMISSION_DENIED, "this user may look, but change nothing"};
  }

  // `start` gets a callback for the answer; nullopt: none came in time.
  template <typename T, typename Start>
  std::optional<T> ask(grpc::ServerContext& context, const Start& start) {
    const auto answer = std::make_shared<Answer<T>>();
    start([answer](T value) { answer->give(std::move(value)); });
    return answer->wait(options_.call_timeout, [&context] { return context.IsCancelled(); });
  }

  template <typename Response>
  static bool write(Calls::Call& call, grpc::ServerWriter<Response>& writer,
                    const Response& response) {
    call.begin_write();
    const bool is_written = writer.Write(response);
    call.end_write();
    return is_written;
  }

  grpc::Status drain(Pipe<wire::QueuedMessage>& pipe, Calls::Call& call,
                     grpc::ServerContext& context, grpc::ServerWriter<wire::ListResponse>& writer) {
    using Status = Pipe<wire::QueuedMessage>::Status;
    // The walk itself may take long over a million messages; what is bounded is silence.
    auto deadline = std::chrono::steady_clock::now() + options_.call_timeout;
    while (true) {
      wire::ListResponse response;
      switch (pipe.take(*response.mutable_message(), kLook)) {
        case Status::kEnd: return grpc::Status::OK;
        case Status::kNothingYet:
          if (context.IsCancelled() || std::chrono::steady_clock::now() >= deadline)
            return no_answer();
          break;
        case Status::kItem:
          if (!write(call, writer, response)) return cut_off();
          deadline = std::chrono::steady_clock::now() + options_.call_timeout;
          break;
      }
    }
  }

  static grpc::Status send_content(const mail::Content& content, Calls::Call& call,
                                   grpc::ServerWriter<wire::ShowResponse>& writer) {
    std::string piece(kContentPiece, '\0');
    for (std::uint64_t offset = 0; offset < content.size();) {
      const auto got = content.read_at(offset, piece);
      if (!got) return to_status(got.error());
      if (*got == 0) return {grpc::StatusCode::DATA_LOSS, "the mail data is shorter than it was"};
      wire::ShowResponse response;
      response.set_content(piece.data(), *got);
      if (!write(call, writer, response)) return cut_off();
      offset += *got;
    }
    return grpc::Status::OK;
  }

  AdminBackend& backend_;
  const AdminOptions options_;
  const bool may_change_;
  Calls calls_;
};

class GrpcBridge final : public AdminBridge {
 public:
  GrpcBridge(AdminBackend& backend, const AdminOptions& options, bool may_change)
      : handlers_(backend, options, may_change) {
    grpc::ResourceQuota quota;
    quota.Resize(kMemory);
    quota.SetMaxThreads(static_cast<int>(options.max_calls) + 4);
    grpc::ServerBuilder builder;
    builder.SetResourceQuota(quota);
    builder.SetMaxReceiveMessageSize(kMaxRequest);
    builder.SetMaxSendMessageSize(kMaxResponse);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kIdle);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                               static_cast<int>(options.max_calls));
    builder.RegisterService(&handlers_);
    server_ = builder.BuildAndStart();
  }
  ~GrpcBridge() override { stop(std::chrono::system_clock::now()); }

  bool is_running() const { return server_ != nullptr; }
  void serve(UniqueFd connection) override {
    grpc::AddInsecureChannelFromFd(server_.get(), connection.release());
  }
  void cut_slow_clients(SteadyTime now) override { handlers_.cut_slow_clients(now); }
  void stop(std::chrono::system_clock::time_point deadline) override {
    if (server_ == nullptr || is_stopped_) return;
    is_stopped_ = true;
    server_->Shutdown(deadline);
    server_->Wait();
  }

 private:
  Handlers handlers_;  // outlives the server
  std::unique_ptr<grpc::Server> server_;
  bool is_stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<AdminBridge>> AdminBridge::make(AdminBackend& backend,
                                                       const AdminOptions& options,
                                                       bool may_change) {
  auto bridge = std::make_unique<GrpcBridge>(backend, options, may_change);
  if (!bridge->is_running()) return fail(ErrorKind::kUnavailable, "gRPC does not start");
  return bridge;
}

}  // namespace postern::engine
