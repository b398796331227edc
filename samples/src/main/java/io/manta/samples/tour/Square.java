package io.manta.samples.tour;

import io.manta.actors.Manta;
import io.manta.core.NodeId;

/// The square of a number, and the node that worked it out.
public record Square(int value, NodeId node) {
  /// Takes a second.
  static Square slowly(int number) throws InterruptedException {
    Thread.sleep(1000);
    return new Square(number * number, Manta.context().node());
  }
}
