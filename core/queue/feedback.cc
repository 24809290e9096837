#include "core/queue/feedback.h"

#include <charconv>
#include <cmath>

namespace postern::queue {

Result<Feedback> Feedback::parse(std::string_view text) {
  Feedback feedback;
  const std::size_t slash = text.find('/');
  const std::string_view number = text.substr(0, slash);
  const char* const end = number.data() + number.size();
  const auto parsed = std::from_chars(number.data(), end, feedback.numerator);
  const bool is_number = !number.empty() && parsed.ec == std::errc{} && parsed.ptr == end;
  if (!is_number || !(feedback.numerator >= 0.0 && feedback.numerator <= 1.0))
    return fail(ErrorKind::kInvalid, "concurrency feedback \"{}\": write a number from 0 to 1",
                text);
  if (slash == std::string_view::npos) return feedback;
  const std::string_view divisor = text.substr(slash + 1);
  if (divisor == "concurrency") {
    feedback.divisor = Divisor::kConcurrency;
  } else if (divisor == "sqrt_concurrency") {
    feedback.divisor = Divisor::kSquareRoot;
  } else {
    return fail(ErrorKind::kInvalid,
                "concurrency feedback \"{}\": after / write concurrency or sqrt_concurrency", text);
  }
  return feedback;
}

double Feedback::amount(unsigned concurrency) const {
  switch (divisor) {
    case Divisor::kNone: return numerator;
    case Divisor::kConcurrency: return numerator / concurrency;
    case Divisor::kSquareRoot: return numerator / std::sqrt(static_cast<double>(concurrency));
  }
  return numerator;
}

}  // namespace postern::queue
