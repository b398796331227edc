package io.manta.actors.internal;

import java.util.concurrent.CompletionStage;

/// What a call gives whose caller wants the value of the stage, not the stage.
///
/// @param interleaved whether the actor is free meanwhile
record Later(CompletionStage<?> stage, boolean interleaved) {
  static Later of(CompletionStage<?> stage) {
    return new Later(stage, stage instanceof Interleaved);
  }
}
