#include "core/tools/queue_source.h"

namespace postern::tools {

Result<QueueSource> QueueSource::open(const Site& site,
                                      const std::function<void(std::string_view)>& warn) {
  QueueSource out;
  auto client = AdminClient::connect(site.admin_socket);
  if (client) {
    out.client_ = std::move(*client);
    return out;
  }
  if (client.error().kind != ErrorKind::kUnavailable) return std::unexpected(client.error());
  if (warn) warn("Mail system is down -- accessing queue directly");
  auto view = spool::SpoolView::open(spool::FileSystem::posix(), site.spool_directory);
  if (view) {
    out.spool_.emplace(std::move(*view));
  } else if (view.error().kind != ErrorKind::kNotFound) {
    return std::unexpected(view.error());
  }
  return out;
}

Result<void> QueueSource::list(const Which& which,
                               const std::function<bool(QueuedMessage)>& visit) {
  if (client_) return client_->list(which, visit);
  if (!spool_) return {};
  spool_->for_each([&](const spool::StoredMessage& stored) {
    QueuedMessage message = view_of(stored);
    return !which.matches(message) || visit(std::move(message));
  });
  return {};
}

Result<DomainSummary> QueueSource::summarize(const Which& which, WallTime now) {
  if (client_) return client_->summarize(which);
  DomainSummary out;
  const auto listed = list(which, [&](const QueuedMessage& message) {
    out.add(message, now);
    return true;
  });
  if (!listed) return std::unexpected(listed.error());
  return out;
}

Result<void> QueueSource::show(const std::string& queue_id, QueuedMessage& message,
                               mail::Envelope& envelope,
                               const std::function<bool(std::string_view)>& content) {
  const auto id = QueueId::parse(queue_id);
  if (!id) return fail(ErrorKind::kInvalid, "not a queue id: {}", queue_id);
  if (client_) return client_->show(queue_id, message, envelope, content);
  if (!spool_) return fail(ErrorKind::kNotFound, "no message {}", queue_id);
  const auto stored = spool_->read(*id);
  if (!stored) return std::unexpected(stored.error());
  message = view_of(*stored);
  envelope = stored->envelope;
  if (!content) return {};
  return copy_content(*stored->content, content);
}

Result<void> copy_content(const mail::Content& content,
                          const std::function<bool(std::string_view)>& put) {
  std::string piece(64u << 10, '\0');
  for (std::uint64_t offset = 0; offset < content.size();) {
    const auto got = content.read_at(offset, piece);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) return fail(ErrorKind::kCorrupt, "the mail data is shorter than it was");
    if (!put(std::string_view(piece).substr(0, *got))) return {};
    offset += *got;
  }
  return {};
}

}  // namespace postern::tools
