package io.manta.samples.tour;

import io.manta.actors.Manta;

/// One program of the tour.
///
/// @param title what it is about
/// @param explanation what to look at
/// @param body runs it
record Step(String title, String explanation, Body body) {
  /// A program, and whether it did what it should.
  @FunctionalInterface
  interface Body {
    boolean run(Manta manta, Story story) throws Exception;
  }
}
