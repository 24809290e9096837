#include "core/tools/queue_text.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "core/base/log.h"
#include "core/smtp/dsn_parameters.h"

namespace postern::tools {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t seconds_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::string_view queue_name(QueueState state) {
  switch (state) {
    case QueueState::kWaiting: return "deferred";
    case QueueState::kActive: return "active";
    case QueueState::kHeld: return "hold";
  }
  return "";
}

std::string_view state_name(spool::RecipientState state) {
  switch (state) {
    case spool::RecipientState::kPending: return "pending";
    case spool::RecipientState::kDelivered: return "delivered";
    case spool::RecipientState::kFailed: return "failed";
    case spool::RecipientState::kExpanded: return "expanded";
    case spool::RecipientState::kDeleted: return "deleted";
  }
  return "";
}

std::string_view origin_name(mail::Origin origin) {
  switch (origin) {
    case mail::Origin::kSmtp: return "smtp";
    case mail::Origin::kSubmitted: return "sendmail";
    case mail::Origin::kNotification: return "notification";
    case mail::Origin::kForwarded: return "forwarded";
  }
  return "";
}

std::string_view body_name(mail::BodyType body) {
  switch (body) {
    case mail::BodyType::kSevenBit: return "7BIT";
    case mail::BodyType::kEightBitMime: return "8BITMIME";
    case mail::BodyType::kBinaryMime: return "BINARYMIME";
  }
  return "";
}

std::string sender_text(std::string_view reverse_path) {
  return reverse_path.empty() ? "MAILER-DAEMON" : printable(reverse_path);
}

Json row_json(const DomainSummary::Row& row) {
  Json ages = Json::array();
  for (const std::uint64_t count : row.by_age)
    ages.push_back(count);
  return Json{{"total", row.total}, {"by_age", std::move(ages)}};
}

std::string row_text(std::string_view name, const DomainSummary::Row& row, std::size_t width) {
  std::string out = fmt::format("{:>{}} {:>7}", name, width, row.total);
  for (const std::uint64_t count : row.by_age)
    out += fmt::format(" {:>5}", count);
  return out + "\n";
}

// Where a value is "", the line says nothing.
void add_attribute(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out += fmt::format("named_attribute: {}={}\n", name, printable(value));
}

}  // namespace

std::string printable(std::string_view text) { return log::printable(text); }

std::string local_time(WallTime time) {
  const std::time_t seconds = seconds_of(time);
  std::tm broken_down = {};
  ::localtime_r(&seconds, &broken_down);
  char text[32] = {};
  // asctime's form without its line end; the C locale holds, as nothing calls setlocale.
  std::strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &broken_down);
  return text;
}

std::string MailqText::entry(const QueuedMessage& message) {
  std::string out;
  if (messages_++ == 0) {
    out = fmt::format("{:<17} {:>8} {:<19} {}\n", "----Queue ID-----", "--Size--",
                      "---Arrival Time----", "--Sender/Recipient------");
  } else {
    out += '\n';
  }
  octets_ += message.size;
  std::string id = message.queue_id;
  if (message.state == QueueState::kActive) id += '*';
  if (message.state == QueueState::kHeld) id += '!';
  out += fmt::format("{:<17} {:>8} {:.19} {}\n", id, message.size, local_time(message.arrival),
                     sender_text(message.reverse_path));
  std::string reason;
  for (const QueuedRecipient& each : message.recipients) {
    if (!each.is_pending()) continue;
    // A reason is told once for the recipients that share it.
    if (std::string why = printable(each.progress.diagnostic); why != reason) {
      reason = std::move(why);
      if (!reason.empty()) {
        const std::size_t padding = reason.size() < 76 ? 76 - reason.size() : 0;
        out += fmt::format("{}({})\n", std::string(padding, ' '), reason);
      }
    }
    out += fmt::format("{:<17} {:>8} {:<19} {}\n", "", "", "", printable(each.forward_path));
  }
  return out;
}

std::string MailqText::end() const {
  if (messages_ == 0) return "Mail queue is empty\n";
  return fmt::format("\n-- {} Kbytes in {} Request{}.\n", octets_ / 1024, messages_,
                     messages_ == 1 ? "" : "s");
}

std::string mailq_json(const QueuedMessage& message) {
  Json recipients = Json::array();
  for (const QueuedRecipient& each : message.recipients) {
    if (!each.is_pending()) continue;
    Json recipient{{"address", printable(each.forward_path)}};
    if (!each.progress.diagnostic.empty())
      recipient["delay_reason"] = printable(each.progress.diagnostic);
    recipients.push_back(std::move(recipient));
  }
  Json out{{"queue_name", queue_name(message.state)},
           {"queue_id", message.queue_id},
           {"arrival_time", seconds_of(message.arrival)},
           {"message_size", message.size},
           {"forced_expire", false},
           {"sender", sender_text(message.reverse_path)},
           {"attempts", message.attempts}};
  if (message.state == QueueState::kWaiting) out["next_attempt"] = seconds_of(message.next_attempt);
  out["recipients"] = std::move(recipients);
  return out.dump() + "\n";
}

std::string summary_text(const DomainSummary& summary, std::size_t rows) {
  using Entry = std::pair<std::string, DomainSummary::Row>;
  std::vector<Entry> sorted(summary.domains.begin(), summary.domains.end());
  std::ranges::stable_sort(sorted, std::ranges::greater{},
                           [](const Entry& each) { return each.second.total; });
  std::size_t width = 30;
  const std::size_t shown = std::min(rows, sorted.size());
  for (std::size_t i = 0; i < shown; ++i)
    width = std::max(width, std::min<std::size_t>(sorted[i].first.size(), 64));
  std::string out = fmt::format("{:>{}} {:>7}", "", width, "T");
  for (unsigned minutes = 5, i = 0; i + 1 < DomainSummary::kBuckets; ++i, minutes *= 2)
    out += fmt::format(" {:>5}", minutes);
  out += " 1280+\n";
  out += row_text("TOTAL", summary.total, width);
  for (std::size_t i = 0; i < shown; ++i)
    out += row_text(sorted[i].first.empty() ? "(no domain)" : printable(sorted[i].first),
                    sorted[i].second, width);
  if (summary.other.total > 0) out += row_text("(others)", summary.other, width);
  if (shown < sorted.size())
    out +=
        fmt::format("({} more domains; -n {} shows all)\n", sorted.size() - shown, sorted.size());
  return out;
}

std::string summary_json(const DomainSummary& summary) {
  Json domains = Json::object();
  for (const auto& [domain, row] : summary.domains)
    domains[printable(domain)] = row_json(row);
  return Json{{"total", row_json(summary.total)},
              {"other", row_json(summary.other)},
              {"domains", std::move(domains)}}
             .dump() +
         "\n";
}

std::string envelope_text(const QueuedMessage& message, const mail::Envelope& envelope) {
  std::size_t pending = 0;
  for (const QueuedRecipient& each : message.recipients)
    pending += each.is_pending() ? 1 : 0;
  std::string out = fmt::format("message_size: {:>15} {:>15} {:>15} {:>15} {:>15}\n", message.size,
                                0, message.recipients.size(), 0, message.size);
  out += fmt::format("message_arrival_time: {}\n", local_time(message.arrival));
  if (message.state == QueueState::kWaiting)
    out += fmt::format("next_attempt_time: {}\n", local_time(message.next_attempt));
  out += fmt::format("attempts: {}\npending_recipients: {}\n", message.attempts, pending);
  add_attribute(out, "log_message_origin",
                envelope.client.address.empty()
                    ? std::string(origin_name(envelope.origin))
                    : fmt::format("{}[{}]", envelope.client.name, envelope.client.address));
  if (!envelope.client.address.empty()) {
    add_attribute(out, "log_client_name", envelope.client.name);
    add_attribute(out, "log_client_address", envelope.client.address);
    add_attribute(out, "log_client_port", fmt::format("{}", envelope.client.port));
  }
  add_attribute(out, "log_helo_name", envelope.client.helo);
  add_attribute(out, "log_protocol_name", envelope.client.protocol);
  add_attribute(out, "tls", envelope.client.tls);
  add_attribute(out, "sasl_method", envelope.client.sasl_method);
  add_attribute(out, "sasl_username", envelope.client.sasl_username);
  add_attribute(out, "listener", envelope.listener);
  add_attribute(out, "encoding", envelope.body == mail::BodyType::kSevenBit ? "7bit" : "8bit");
  if (envelope.smtputf8) add_attribute(out, "smtputf8", "yes");
  add_attribute(out, "ret", smtp::ret_to_wire(envelope.ret));
  add_attribute(out, "envelope_id", envelope.envid);
  out += fmt::format("sender: {}\n", printable(message.reverse_path));
  for (const QueuedRecipient& each : message.recipients) {
    add_attribute(out, "dsn_orig_rcpt", each.orcpt);
    add_attribute(out, "notify", smtp::notify_to_wire(each.notify));
    if (!each.original_recipient.empty())
      out += fmt::format("original_recipient: {}\n", printable(each.original_recipient));
    // Postfix, too, names recipients that are done apart from those that are not.
    out += fmt::format("{}: {}\n", each.is_pending() ? "recipient" : "done_recipient",
                       printable(each.forward_path));
    add_attribute(out, "state", each.is_pending() ? "" : state_name(each.progress.state));
    add_attribute(out, "remote_mta", each.progress.remote_mta);
    add_attribute(out, "reason", each.progress.diagnostic);
  }
  return out;
}

std::string envelope_json(const QueuedMessage& message, const mail::Envelope& envelope) {
  Json recipients = Json::array();
  for (const QueuedRecipient& each : message.recipients)
    recipients.push_back({{"forward_path", printable(each.forward_path)},
                          {"original_recipient", printable(each.original_recipient)},
                          {"orcpt", printable(each.orcpt)},
                          {"notify", smtp::notify_to_wire(each.notify)},
                          {"state", state_name(each.progress.state)},
                          {"status", printable(each.progress.status)},
                          {"diagnostic", printable(each.progress.diagnostic)},
                          {"remote_mta", printable(each.progress.remote_mta)}});
  Json out{{"queue_id", message.queue_id},
           {"queue_name", queue_name(message.state)},
           {"arrival_time", seconds_of(message.arrival)},
           {"next_attempt", seconds_of(message.next_attempt)},
           {"attempts", message.attempts},
           {"message_size", message.size},
           {"reverse_path", printable(message.reverse_path)},
           {"body", body_name(envelope.body)},
           {"smtputf8", envelope.smtputf8},
           {"ret", smtp::ret_to_wire(envelope.ret)},
           {"envid", printable(envelope.envid)},
           {"origin", origin_name(envelope.origin)},
           {"listener", printable(envelope.listener)},
           {"client",
            {{"name", printable(envelope.client.name)},
             {"address", printable(envelope.client.address)},
             {"port", envelope.client.port},
             {"helo", printable(envelope.client.helo)},
             {"protocol", printable(envelope.client.protocol)},
             {"tls", printable(envelope.client.tls)},
             {"sasl_method", printable(envelope.client.sasl_method)},
             {"sasl_username", printable(envelope.client.sasl_username)}}},
           {"recipients", std::move(recipients)}};
  return out.dump(2) + "\n";
}

}  // namespace postern::tools
