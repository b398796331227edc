package io.manta.actors;

import java.time.Duration;

/// When a node has too little memory left. What counts is the part in use of its heap, without
/// garbage, or of the memory of its host or control group, without what the system can take back;
/// whichever is more.
///
/// @param interval between two looks at it; zero for no watch at all. Key `memory-check` (250 ms)
/// @param admission the part from which the node starts one task at a time; at `threshold` at the
///   latest. Key `memory-admission` (0.9)
/// @param threshold the part from which it fails tasks, the newest first. Key `memory-threshold`
///   (0.95)
public record MemoryLimits(Duration interval, double admission, double threshold) {
  private static final MemoryLimits DEFAULTS = new MemoryLimits(Duration.ofMillis(250), 0.9, 0.95);

  public MemoryLimits {
    if (interval.isNegative()) {
      throw new IllegalArgumentException("memory-check of " + interval + " must not be negative");
    }
    checkPart("memory-admission", admission);
    checkPart("memory-threshold", threshold);
  }

  private static void checkPart(String key, double part) {
    if (!(part > 0 && part <= 1)) {
      throw new IllegalArgumentException(
          key + " of " + part + " must be above 0 and at most 1; memory-check = 0 ends the watch");
    }
  }

  public static MemoryLimits defaults() {
    return DEFAULTS;
  }

  public MemoryLimits withInterval(Duration value) {
    return new MemoryLimits(value, admission, threshold);
  }

  public MemoryLimits withAdmission(double value) {
    return new MemoryLimits(interval, value, threshold);
  }

  public MemoryLimits withThreshold(double value) {
    return new MemoryLimits(interval, admission, value);
  }
}
