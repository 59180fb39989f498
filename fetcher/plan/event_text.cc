#include "fetcher/plan/fetch_event.h"
#include "sandbox/base/error.h"
#include "sandbox/base/text.h"
#include "sandbox/quantity.h"

namespace slipway::fetcher {

std::string text_of(const FailedEvent& event) {
  std::string text = with_remedy(event.message, event.remedy);
  if (event.tries > 1) text += cat("; ", event.tries, " tries");
  return coded(text, event.code);
}

std::string text_of(const RetryEvent& event) {
  return cat(event.message, "; try ", event.tries + 1, " of ", event.of, " in ",
             duration_text(event.pause));
}

}  // namespace slipway::fetcher
