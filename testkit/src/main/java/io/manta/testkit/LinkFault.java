package io.manta.testkit;

import io.manta.core.DataSize;
import java.time.Duration;
import java.util.Optional;

/// What befalls the bytes that go one way between two processes of a [FaultyNetwork].
///
/// @param delay how long each byte is under way
/// @param bandwidth bytes that pass in a second; without limit when there is none
/// @param passage whether they pass at all
public record LinkFault(Duration delay, Optional<DataSize> bandwidth, Passage passage) {
  /// Whether bytes pass.
  public enum Passage {
    OPEN,
    /// They wait, and pass once the way is open again; nothing is lost. The sender is held up once
    /// buffers are full.
    STALLED,
    /// They are lost in silence. New connections can be made, and nothing passes there either.
    /// Connections that lost bytes end once the way is open again.
    CUT
  }

  public LinkFault {
    if (delay.isNegative()) {
      throw new IllegalArgumentException("a delay of " + delay + " is negative");
    }
    if (bandwidth.isPresent() && bandwidth.get().bytes() < 1) {
      throw new IllegalArgumentException(
          "a bandwidth of 0 lets nothing pass for ever; use stall() or cut()");
    }
  }

  /// Nothing befalls them.
  public static LinkFault none() {
    return new LinkFault(Duration.ZERO, Optional.empty(), Passage.OPEN);
  }

  public static LinkFault delay(Duration delay) {
    return none().withDelay(delay);
  }

  public static LinkFault bandwidth(DataSize perSecond) {
    return none().withBandwidth(perSecond);
  }

  public static LinkFault stall() {
    return new LinkFault(Duration.ZERO, Optional.empty(), Passage.STALLED);
  }

  public static LinkFault cut() {
    return new LinkFault(Duration.ZERO, Optional.empty(), Passage.CUT);
  }

  public LinkFault withDelay(Duration value) {
    return new LinkFault(value, bandwidth, passage);
  }

  public LinkFault withBandwidth(DataSize perSecond) {
    return new LinkFault(delay, Optional.of(perSecond), passage);
  }
}
