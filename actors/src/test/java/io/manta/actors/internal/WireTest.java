package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.ActorId;
import io.manta.core.ActorOptions;
import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.SlotId;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// The messages of an actor's start and end arrive as they were sent.
class WireTest {
  private static final ActorId ACTOR = new ActorId(new SlotId(new NodeId(7), 3), new NodeId(9), -5);

  private static Message.CreateActor create(ActorOptions options, Optional<Payload> state) {
    return new Message.CreateActor(
        ACTOR,
        4,
        new SlotId(new NodeId(8), 2),
        "löst",
        new JobId(new NodeId(6)),
        "Zähler",
        Payload.of(new byte[] {1, 2, 3}),
        options,
        new byte[] {4, 5},
        state);
  }

  @Test
  void shouldCarryAStart() {
    Message.CreateActor sent =
        create(ActorOptions.defaults(), Optional.of(Payload.of(new byte[] {6})));
    byte[] bytes = Wire.encode(sent);
    var read = (Message.CreateActor) Wire.decode(bytes);
    assertThat(read)
        .usingRecursiveComparison()
        .ignoringFields("constructor", "state")
        .isEqualTo(sent);
    assertThat(read.constructor().bytes()).containsExactly(1, 2, 3);
    assertThat(read.state().orElseThrow().bytes()).containsExactly(6);
  }

  @Test
  void shouldTellOptionsApartThatWereSentBefore() {
    for (int restarts = 0; restarts < 600; restarts++) {
      ActorOptions options = ActorOptions.defaults().withMaxRestarts(restarts % 300);
      var read = (Message.CreateActor) Wire.decode(Wire.encode(create(options, Optional.empty())));
      assertThat(read.options()).isEqualTo(options);
      assertThat(read.state()).isEmpty();
    }
  }

  @Test
  void shouldCarryThatItStartedAndThatItIsToEnd() {
    for (Message message :
        new Message[] {
          new Message.ActorStarted(ACTOR, 4, "Zähler"),
          new Message.KillIncarnation(ACTOR, 4, "vergessen: ∅")
        }) {
      assertThat(Wire.decode(Wire.encode(message))).isEqualTo(message);
    }
  }

  @Test
  void shouldRefuseWhatIsCutShort() {
    byte[] bytes = Wire.encode(create(ActorOptions.defaults(), Optional.empty()));
    for (int length = 1; length < bytes.length; length++) {
      byte[] part = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> Wire.decode(part)).isInstanceOf(RuntimeException.class);
    }
  }
}
