#include "core/spool/message_export.h"

#include <fmt/chrono.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

namespace postern::spool {
namespace {

using Json = nlohmann::ordered_json;

std::string rfc3339(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time - seconds).count();
  const std::time_t whole = std::chrono::system_clock::to_time_t(seconds);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(whole), micros);
}

std::string_view name_of(RecipientState state) {
  switch (state) {
    case RecipientState::kPending: return "pending";
    case RecipientState::kDelivered: return "delivered";
    case RecipientState::kFailed: return "failed";
    case RecipientState::kExpanded: return "expanded";
    case RecipientState::kDeleted: return "deleted";
  }
  return "unknown";
}

std::string_view name_of(mail::BodyType body) {
  switch (body) {
    case mail::BodyType::kSevenBit: return "7BIT";
    case mail::BodyType::kEightBitMime: return "8BITMIME";
    case mail::BodyType::kBinaryMime: return "BINARYMIME";
  }
  return "unknown";
}

std::string_view name_of(mail::Origin origin) {
  switch (origin) {
    case mail::Origin::kSmtp: return "smtp";
    case mail::Origin::kSubmitted: return "sendmail";
    case mail::Origin::kNotification: return "notification";
    case mail::Origin::kForwarded: return "forwarded";
  }
  return "unknown";
}

// As the NOTIFY parameter of RCPT writes it; "" where there was none.
std::string notify_text(mail::DsnNotify notify) {
  if (mail::has(notify, mail::DsnNotify::kNever)) return "NEVER";
  std::string out;
  const auto add = [&](mail::DsnNotify bit, std::string_view name) {
    if (!mail::has(notify, bit)) return;
    if (!out.empty()) out += ",";
    out += name;
  };
  add(mail::DsnNotify::kSuccess, "SUCCESS");
  add(mail::DsnNotify::kFailure, "FAILURE");
  add(mail::DsnNotify::kDelay, "DELAY");
  return out;
}

Json recipient_json(const mail::Recipient& recipient, const RecipientProgress& progress) {
  return {{"forward_path", recipient.forward_path.to_wire()},
          {"original_recipient", recipient.original_recipient},
          {"orcpt", recipient.orcpt},
          {"notify", notify_text(recipient.notify)},
          {"state", name_of(progress.state)},
          {"status", progress.status},
          {"diagnostic", progress.diagnostic},
          {"remote_mta", progress.remote_mta}};
}

Result<void> write_new(FileSystem& fs, const std::string& path,
                       const std::function<Result<void>(int fd)>& fill) {
  File file(fs, fs.open(path, OpenMode::kCreateNew));
  if (!file) return fail_errno("export: make " + path);
  if (auto filled = fill(file.get()); !filled) {
    file.reset();
    fs.unlink(path);
    return filled;
  }
  if (file.close() != 0) return fail_errno("export: close " + path);
  return {};
}

Result<void> put(FileSystem& fs, int fd, std::string_view octets, std::uint64_t offset,
                 const std::string& path) {
  if (write_fully(fs, fd, {{const_cast<char*>(octets.data()), octets.size()}}, offset) != 0)
    return fail_errno("export: write " + path);
  return {};
}

Result<void> copy_content(FileSystem& fs, int fd, const mail::Content& content,
                          const std::string& path) {
  std::array<char, 65536> buffer;
  std::uint64_t offset = 0;
  while (offset < content.size()) {
    const auto got = content.read_at(offset, buffer);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) break;
    if (auto written = put(fs, fd, {buffer.data(), *got}, offset, path); !written) return written;
    offset += *got;
  }
  return {};
}

}  // namespace

Result<ExportedMessage> rescue(const SpoolView& view, FileSystem& fs, const std::string& directory,
                               QueueId id) {
  const SpoolFiles files(fs, directory);
  ExportedMessage out;
  if (auto message = view.read(id)) {
    out.message = std::move(*message);
    out.is_live = true;
    const mail::Content& content = *out.message.content;
    if (!content.in_memory().empty() || content.size() == 0) return out;
    // Looked at as a whole first, so that the reader learns what is wrong and gets it all the same.
    const auto checked = mail::read_all(content, format::kMaxLarge);
    if (checked) return out;
    out.damage = checked.error().describe();
    auto octets = files.read_whole(files.large(id), format::kMaxLarge);
    out.message.content = std::make_shared<mail::MemoryContent>(octets ? std::move(*octets) : "");
    return out;
  }
  const auto items = list_corrupt(fs, directory);
  if (!items) return std::unexpected(items.error());
  for (const CorruptItem& item : *items) {
    const auto octets = files.read_whole(item.path, format::kMaxPayload);
    if (!octets) continue;
    auto message = salvage(*octets);
    if (!message || message->id != id) continue;
    out.message = std::move(*message);
    out.damage = "set aside in " + item.path;
    return out;
  }
  return fail(ErrorKind::kNotFound, "spool: nothing is left of {}", id.to_string());
}

std::string envelope_json(const ExportedMessage& exported) {
  const StoredMessage& message = exported.message;
  const mail::Envelope& envelope = message.envelope;
  Json recipients = Json::array();
  for (std::size_t i = 0; i < envelope.recipients.size(); ++i)
    recipients.push_back(recipient_json(envelope.recipients[i], i < message.state.recipients.size()
                                                                    ? message.state.recipients[i]
                                                                    : RecipientProgress{}));
  const mail::ClientInfo& client = envelope.client;
  const Json out = {{"queue_id", message.id.to_string()},
                    {"reverse_path", mail::to_wire(envelope.reverse_path)},
                    {"recipients", std::move(recipients)},
                    {"arrival", rfc3339(envelope.arrival)},
                    {"next_attempt", rfc3339(message.state.next_attempt)},
                    {"attempts", message.state.attempts},
                    {"held", message.state.held},
                    {"size", message.content ? message.content->size() : 0},
                    {"body", name_of(envelope.body)},
                    {"smtputf8", envelope.smtputf8},
                    {"ret", envelope.ret == mail::DsnReturn::kFull      ? "FULL"
                            : envelope.ret == mail::DsnReturn::kHeaders ? "HDRS"
                                                                        : ""},
                    {"envid", envelope.envid},
                    {"origin", name_of(envelope.origin)},
                    {"listener", envelope.listener},
                    {"client",
                     {{"name", client.name},
                      {"reverse_name", client.reverse_name},
                      {"address", client.address},
                      {"port", client.port},
                      {"helo", client.helo},
                      {"protocol", client.protocol},
                      {"tls", client.tls},
                      {"sasl_method", client.sasl_method},
                      {"sasl_username", client.sasl_username}}},
                    {"live", exported.is_live},
                    {"damage", exported.damage}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<void> export_message(FileSystem& fs, const ExportedMessage& exported,
                            const std::string& directory) {
  const std::string base = directory + "/" + exported.message.id.to_string();
  const std::string json = envelope_json(exported);
  auto written =
      write_new(fs, base + ".json", [&](int fd) { return put(fs, fd, json, 0, base + ".json"); });
  if (!written || !exported.message.content) return written;
  return write_new(fs, base + ".eml", [&](int fd) {
    return copy_content(fs, fd, *exported.message.content, base + ".eml");
  });
}

}  // namespace postern::spool
