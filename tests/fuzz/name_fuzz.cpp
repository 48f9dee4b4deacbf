// SPDX-License-Identifier: Apache-2.0

// Names: wire to value to text to value. Skipping and parsing must agree.
#include "fuzz.h"

#include "inlet53/dns/name.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace inlet53;
  using namespace inlet53::dns;
  if (size < 1) return 0;
  const size_t offset = data[0];
  const Bytes message{data + 1, size - 1};

  const auto parsed = parse_name(message, offset);
  const auto skipped = skip_name(message, offset);
  const auto flat = parse_flat_name(message, offset);
  if (parsed) {
    FUZZ_CHECK(skipped && *skipped == parsed->end);
    FUZZ_CHECK(parsed->end <= message.size());
    const NameView view = parsed->name.view();
    FUZZ_CHECK(view.size() >= 1 && view.size() <= kMaxName && view.label_count() <= kMaxLabels);
    char text[kMaxNameText];
    const size_t text_size = write_name_text(view, text);
    FUZZ_CHECK(text_size <= kMaxNameText);
    const auto again = Name::parse_text({text, text_size});
    FUZZ_CHECK(again && again->view().equals(view));
    FoldedName folded;
    folded.assign(view);
    FUZZ_CHECK(folded.label_count() == view.label_count());
    FUZZ_CHECK(folded.view().equals(view) && folded.suffix(folded.label_count()).is_root());
  }
  if (flat) FUZZ_CHECK(parsed && flat->equals(parsed->name.view()));

  const auto from_text = Name::parse_text(as_text(message));
  if (from_text) {
    const auto again = Name::parse_text(from_text->view().to_text());
    FUZZ_CHECK(again && again->view().equals(from_text->view()));
  }
  return 0;
}
