// The only user of gRPC in tools/.

#include "core/tools/admin_client.h"

#include <fcntl.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "core/base/unique_fd.h"
#include "proto/postern/admin/v1/admin.grpc.pb.h"

namespace postern::tools {
namespace {

namespace wire = postern::admin::v1;

constexpr int kMaxResponse = 4 << 20;
// A verb over a million messages records each of them.
constexpr std::chrono::minutes kCallDeadline{30};
constexpr std::size_t kIdsInOneCall = 5000;

Error to_error(const grpc::Status& status) {
  const auto kind = [&status] {
    switch (status.error_code()) {
      case grpc::StatusCode::INVALID_ARGUMENT: return ErrorKind::kInvalid;
      case grpc::StatusCode::NOT_FOUND: return ErrorKind::kNotFound;
      case grpc::StatusCode::DATA_LOSS: return ErrorKind::kCorrupt;
      case grpc::StatusCode::PERMISSION_DENIED: return ErrorKind::kPermission;
      case grpc::StatusCode::RESOURCE_EXHAUSTED: return ErrorKind::kLimit;
      case grpc::StatusCode::DEADLINE_EXCEEDED: return ErrorKind::kTimeout;
      default: return ErrorKind::kUnavailable;
    }
  }();
  // The engine hangs up on who may not speak, before gRPC has said a word.
  if (kind == ErrorKind::kUnavailable)
    return {
        kind,
        "the engine ended the connection (is this user in admin_users?): " + status.error_message(),
        0};
  return {kind, status.error_message(), 0};
}

WallTime time_of(const google::protobuf::Timestamp& stamp) {
  return WallTime(std::chrono::seconds(stamp.seconds()) + std::chrono::nanoseconds(stamp.nanos()));
}

spool::RecipientState state_of(wire::RecipientState state) {
  switch (state) {
    case wire::RECIPIENT_STATE_DELIVERED: return spool::RecipientState::kDelivered;
    case wire::RECIPIENT_STATE_FAILED: return spool::RecipientState::kFailed;
    case wire::RECIPIENT_STATE_EXPANDED: return spool::RecipientState::kExpanded;
    case wire::RECIPIENT_STATE_DELETED: return spool::RecipientState::kDeleted;
    default: return spool::RecipientState::kPending;
  }
}

// Adds one part of a message to what came before.
void take_part(const wire::QueuedMessage& part, QueuedMessage& out) {
  if (!part.is_continuation()) {
    out = {};
    out.queue_id = part.queue_id();
    out.state = part.state() == wire::QUEUE_STATE_HELD     ? QueueState::kHeld
                : part.state() == wire::QUEUE_STATE_ACTIVE ? QueueState::kActive
                                                           : QueueState::kWaiting;
    out.size = part.size();
    out.arrival = time_of(part.arrival());
    out.next_attempt = time_of(part.next_attempt());
    out.attempts = part.attempts();
    out.reverse_path = part.reverse_path();
  }
  for (const wire::QueuedRecipient& each : part.recipients()) {
    out.recipients.push_back(
        {each.forward_path(),
         each.original_recipient(),
         {state_of(each.state()), each.diagnostic(), each.status(), each.remote_mta()},
         each.orcpt(),
         static_cast<mail::DsnNotify>(each.notify() & 15)});
  }
}

void take_details(const wire::EnvelopeDetails& details, mail::Envelope& out) {
  out.envid = details.envid();
  out.ret = static_cast<mail::DsnReturn>(details.ret());
  out.body = static_cast<mail::BodyType>(details.body());
  out.smtputf8 = details.smtputf8();
  out.origin = static_cast<mail::Origin>(details.origin());
  out.client.name = details.client_name();
  out.client.address = details.client_address();
  out.client.port = static_cast<std::uint16_t>(details.client_port());
  out.client.helo = details.helo();
  out.client.protocol = details.protocol();
  out.client.tls = details.tls();
  out.client.sasl_method = details.sasl_method();
  out.client.sasl_username = details.sasl_username();
  out.listener = details.listener();
}

void fill(const Which& which, wire::Selector& out) {
  switch (which.kind) {
    case Which::Kind::kAll: out.set_all(true); break;
    case Which::Kind::kIds:
      out.mutable_ids();
      for (const std::string& id : which.ids)
        out.mutable_ids()->add_queue_id(id);
      break;
    case Which::Kind::kSender: out.set_sender(which.text == "<>" ? "" : which.text); break;
    case Which::Kind::kRecipient: out.set_recipient(which.text); break;
    case Which::Kind::kDestination: out.set_destination(which.text); break;
  }
}

DomainSummary::Row row_of(const wire::SummaryRow& row) {
  DomainSummary::Row out;
  out.total = row.total();
  for (int i = 0; i < row.by_age_size() && i < static_cast<int>(DomainSummary::kBuckets); ++i)
    out.by_age[i] = row.by_age(i);
  return out;
}

class GrpcClient final : public AdminClient {
 public:
  explicit GrpcClient(std::shared_ptr<grpc::Channel> channel)
      : stub_(wire::Admin::NewStub(std::move(channel))) {}

  Result<void> list(const Which& which, const std::function<bool(QueuedMessage)>& visit) override {
    grpc::ClientContext context;
    wire::ListRequest request;
    fill(which, *request.mutable_which());
    const auto reader = stub_->List(&context, request);
    wire::ListResponse response;
    QueuedMessage message;
    bool has_message = false, is_wanted = true;
    while (is_wanted && reader->Read(&response)) {
      if (!response.message().is_continuation() && has_message)
        is_wanted = visit(std::exchange(message, {}));
      take_part(response.message(), message);
      has_message = true;
    }
    if (!is_wanted) {
      context.TryCancel();
      reader->Finish();
      return {};
    }
    if (const grpc::Status status = reader->Finish(); !status.ok())
      return std::unexpected(to_error(status));
    if (has_message) visit(std::move(message));
    return {};
  }

  Result<DomainSummary> summarize(const Which& which) override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kCallDeadline);
    wire::SummarizeRequest request;
    wire::SummarizeResponse response;
    fill(which, *request.mutable_which());
    if (const auto status = stub_->Summarize(&context, request, &response); !status.ok())
      return std::unexpected(to_error(status));
    DomainSummary out;
    out.total = row_of(response.total());
    out.other = row_of(response.other());
    for (const wire::SummaryRow& row : response.domains())
      out.domains[row.domain()] = row_of(row);
    return out;
  }

  Result<void> show(const std::string& queue_id, QueuedMessage& message, mail::Envelope& envelope,
                    const std::function<bool(std::string_view)>& content) override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kCallDeadline);
    wire::ShowRequest request;
    request.set_queue_id(queue_id);
    request.set_with_content(static_cast<bool>(content));
    const auto reader = stub_->Show(&context, request);
    wire::ShowResponse response;
    bool is_wanted = true;
    while (is_wanted && reader->Read(&response)) {
      if (response.has_message()) take_part(response.message(), message);
      if (response.has_details()) take_details(response.details(), envelope);
      if (!response.content().empty() && content) is_wanted = content(response.content());
    }
    if (!is_wanted) context.TryCancel();
    const grpc::Status status = reader->Finish();
    if (is_wanted && !status.ok()) return std::unexpected(to_error(status));
    return {};
  }

  Result<VerbCount> apply(QueueVerb verb, const Which& which) override {
    VerbCount total;
    if (which.kind != Which::Kind::kIds) return apply_once(verb, which);
    for (std::size_t at = 0; at < which.ids.size(); at += kIdsInOneCall) {
      const auto begin = which.ids.begin() + static_cast<long>(at);
      const auto end = begin + static_cast<long>(std::min(kIdsInOneCall, which.ids.size() - at));
      const auto count = apply_once(verb, {Which::Kind::kIds, {begin, end}, {}});
      if (!count) return count;
      total.matched += count->matched;
      total.changed += count->changed;
      total.failed += count->failed;
    }
    return total;
  }

  Result<EngineStatus> status() override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kCallDeadline);
    wire::GetStatusResponse response;
    if (const auto status = stub_->GetStatus(&context, {}, &response); !status.ok())
      return std::unexpected(to_error(status));
    EngineStatus out;
    out.version = response.version();
    out.started = time_of(response.started());
    out.process_id = response.process_id();
    out.config_directory = response.config_directory();
    out.queue_directory = response.queue_directory();
    out.durability = response.durability();
    out.is_accepting = response.is_accepting();
    out.is_loaded = response.is_loaded();
    out.waiting = response.waiting();
    out.active = response.active();
    out.held = response.held();
    out.sessions = response.sessions();
    out.lanes = response.lanes();
    out.attempts = response.attempts();
    out.content_octets = response.content_octets();
    out.corrupt_records = response.corrupt_records();
    return out;
  }

  Result<std::vector<LaneView>> lanes() override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kCallDeadline);
    wire::ListLanesResponse response;
    if (const auto status = stub_->ListLanes(&context, {}, &response); !status.ok())
      return std::unexpected(to_error(status));
    std::vector<LaneView> out;
    for (const wire::Lane& lane : response.lanes())
      out.push_back({lane.transport(), lane.site(), lane.concurrency(), lane.limit(), lane.busy(),
                     lane.messages(), lane.queued_jobs(), lane.parked(), lane.is_dead(),
                     time_of(lane.dead_until()), lane.last_failure()});
    return out;
  }

  Result<ReloadResult> reload() override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kCallDeadline);
    wire::ReloadResponse response;
    if (const auto status = stub_->Reload(&context, {}, &response); !status.ok())
      return std::unexpected(to_error(status));
    return ReloadResult{response.is_applied(),
                        {response.diagnostics().begin(), response.diagnostics().end()}};
  }

 private:
  Result<VerbCount> apply_once(QueueVerb verb, const Which& which) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kCallDeadline);
    wire::ApplyRequest request;
    // In the order of the enumerators, behind UNSPECIFIED.
    request.set_verb(static_cast<wire::QueueVerb>(static_cast<int>(verb) + 1));
    fill(which, *request.mutable_which());
    wire::ApplyResponse response;
    if (const auto status = stub_->Apply(&context, request, &response); !status.ok())
      return std::unexpected(to_error(status));
    return VerbCount{response.matched(), response.changed(), response.failed()};
  }

  std::unique_ptr<wire::Admin::Stub> stub_;
};

}  // namespace

Result<std::unique_ptr<AdminClient>> AdminClient::connect(const std::string& socket_path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (socket_path.empty()) return fail(ErrorKind::kUnavailable, "admin_socket is switched off");
  if (socket_path.size() >= sizeof address.sun_path)
    return fail(ErrorKind::kInvalid, "{}: too long for a unix socket", socket_path);
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return fail_errno("socket");
  // Connected here and not by gRPC, which would try again and again where nobody listens.
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ECONNREFUSED || errno == ENOENT || errno == ENOTDIR)
      return fail(ErrorKind::kUnavailable, "no engine answers at {}", socket_path);
    return fail_errno("connect to " + socket_path);
  }
  if (::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0) return fail_errno("fcntl");
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxResponse);
  return std::make_unique<GrpcClient>(
      grpc::CreateCustomInsecureChannelFromFd("postern", socket.release(), arguments));
}

}  // namespace postern::tools
