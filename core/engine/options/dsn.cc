#include "core/engine/options/dsn.h"

#include "core/config/params.h"
#include "core/engine/options/text.h"

namespace postern::engine {
namespace params = config::params;

Result<delivery::DsnOptions> dsn_options(const config::Settings& settings) {
  delivery::DsnOptions out;
  out.hostname = settings.get(params::myhostname);
  out.origin = settings.get(params::myorigin);
  out.mail_name = settings.get(params::mail_name);
  out.double_bounce_sender = settings.get(params::double_bounce_sender);
  out.bounce_notice_recipient = settings.get(params::bounce_notice_recipient);
  out.second_bounce_recipient = settings.get(params::double_bounce_notice_recipient);
  out.delay_notice_recipient = settings.get(params::delay_notice_recipient);
  out.error_notice_recipient = settings.get(params::error_notice_recipient);
  out.bounce_size_limit = settings.get(params::bounce_size_limit).value;
  const std::string classes = text_of(settings, params::notify_classes);
  const auto parsed = delivery::NotifyClasses::parse(classes);
  if (!parsed)
    return fail(ErrorKind::kInvalid,
                "notify_classes = {}: the words are bounce, 2bounce, delay, resource, software, "
                "protocol, policy, data",
                classes);
  out.notify = *parsed;
  return out;
}

mime::TraceOptions trace_options(const config::Settings& settings) {
  mime::TraceOptions out;
  out.hostname = settings.get(params::myhostname);
  out.mail_name = settings.get(params::mail_name);
  out.show_tls = settings.get(params::smtpd_tls_received_header);
  return out;
}

}  // namespace postern::engine
