// How many archives are unpacked at a time: each takes memory of its own, and the processors are
// busy with two or so.
#pragma once

#include <chrono>
#include <functional>
#include <semaphore>

#include "fetcher/archive/arrival.h"

namespace slipway::fetcher {

class ExtractionSlots {
 public:
  // A turn, for as long as it lives.
  class Turn {
   public:
    // Waits until there is one, or the archive has failed: then it is none. `beat` (may be empty)
    // is called meanwhile.
    Turn(ExtractionSlots& slots, const Arrival& arrival, const std::function<void()>& beat)
        : slots_(slots) {
      constexpr std::chrono::milliseconds kLook{20};
      while (!(taken_ = slots_.free_.try_acquire_for(kLook)) && !arrival.has_failed()) {
        if (beat) beat();
      }
    }
    ~Turn() {
      if (taken_) slots_.free_.release();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    explicit operator bool() const { return taken_; }

   private:
    ExtractionSlots& slots_;
    bool taken_ = false;
  };

 private:
  std::counting_semaphore<> free_{2};
};

}  // namespace slipway::fetcher
