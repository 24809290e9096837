#include "core/delivery/pipe_transport.h"

#include "core/delivery/local/header_scan.h"
#include "core/delivery/local/mbox.h"

namespace postern::delivery {

PipeTransport::PipeTransport(PipeOptions options, std::shared_ptr<OrderRunner> runner,
                             net::BlockingPool& pool)
    : BlockingTransport(pool), options_(std::move(options)), runner_(std::move(runner)) {}

mail::AttemptResult PipeTransport::perform(const mail::Attempt& attempt) {
  const auto& service = options_.service;
  mail::AttemptResult result;
  HeaderScan header;
  if (service.has_flag('D')) {
    auto scanned = scan_header(*attempt.content);
    if (!scanned) return same_for_all(attempt, outcome_of(scanned.error()), service.name);
    header = std::move(*scanned);
  }
  const bool is_single = service.has_flag('D') || service.has_flag('O');
  Indexes together;
  for (const auto index : attempt.recipients) {
    const auto address = attempt.envelope->recipients.at(index).forward_path.to_lookup_key();
    if (header.was_delivered_to(address)) {
      result.recipients.push_back(recipient_result(
          attempt, index, failed("5.4.6", "mail forwarding loop for " + address), service.name));
    } else if (const auto words = arguments(attempt, {index});
               !words && words.error().kind == ErrorKind::kInvalid) {
      // Whose address would be an option takes no one else down with him.
      result.recipients.push_back(
          recipient_result(attempt, index, failed("5.1.3", words.error().context), service.name));
    } else if (is_single) {
      run(attempt, {index}, result);
    } else {
      together.push_back(index);
    }
  }
  if (!together.empty()) run(attempt, together, result);
  return result;
}

Result<std::vector<std::string>> PipeTransport::arguments(const mail::Attempt& attempt,
                                                          const Indexes& recipients) const {
  return expand_arguments(options_.service, {.attempt = attempt,
                                             .recipients = recipients,
                                             .recipient_delimiter = options_.recipient_delimiter,
                                             .allow_min_user = options_.allow_min_user});
}

// What the flags of pipe(8) ask for.
StreamForm PipeTransport::form_for(const mail::Attempt& attempt,
                                   const mail::Recipient& first) const {
  const auto& service = options_.service;
  const auto& envelope = *attempt.envelope;
  StreamForm form;
  if (service.has_flag('F'))
    form.prologue = from_line(
        mail::to_wire(envelope.reverse_path),
        static_cast<std::uint64_t>(std::chrono::system_clock::to_time_t(envelope.arrival)));
  auto fields =
      delivery_prologue(envelope, service.has_flag('O') ? first.original_recipient : std::string(),
                        service.has_flag('D') ? first.forward_path.to_lookup_key() : std::string());
  // Return-Path comes first, and is the only one of the three that R asks for.
  if (!service.has_flag('R')) fields.erase(0, fields.find('\n') + 1);
  form.prologue += fields;
  form.line_end = service.line_end;
  form.quote_from = service.has_flag('>');
  form.stuff_dots = service.has_flag('.');
  form.end_blank_line = service.has_flag('B');
  form.drop_return_path = service.has_flag('R');
  return form;
}

void PipeTransport::run(const mail::Attempt& attempt, const Indexes& recipients,
                        mail::AttemptResult& result) {
  const auto& name = options_.service.name;
  LocalOutcome outcome;
  if (auto words = arguments(attempt, recipients)) {
    CommandOrder order;
    order.owner = options_.owner;
    order.argv = std::move(*words);
    order.environment = options_.environment;
    order.directory = options_.service.directory;
    order.form = form_for(attempt, attempt.envelope->recipients.at(recipients.front()));
    order.time_limit_seconds = static_cast<std::uint32_t>(options_.time_limit.count());
    order.size_limit = options_.service.size_limit;
    outcome = runner_->run(Order(std::move(order)), *attempt.content).outcome;
    if (outcome.is_delivered()) outcome.diagnostic = "delivered via " + name + " service";
  } else if (words.error().kind == ErrorKind::kInvalid) {
    outcome = failed("5.1.3", words.error().context);
  } else {
    outcome = deferred("4.3.5", "mail system configuration error", words.error().context);
  }
  for (const auto index : recipients) {
    result.recipients.push_back(recipient_result(attempt, index, outcome, name));
    outcome.remedy.clear();  // once is enough
  }
}

}  // namespace postern::delivery
