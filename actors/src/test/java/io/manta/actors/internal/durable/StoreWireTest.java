package io.manta.actors.internal.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class StoreWireTest {
  private static final Epoch EPOCH = new Epoch(7, Long.MAX_VALUE);
  private static final Version VERSION = new Version(EPOCH, 3);
  private static final Content CONTENT =
      new Content(Optional.of(new byte[] {1, 2}), List.of(new byte[] {3}, new byte[0]));
  private static final Life LIFE = new Life(5, 6);

  private static final List<StoreMessage> ALL =
      List.of(
          new StoreMessage.Status(
              LIFE,
              "127.0.0.1:1",
              true,
              List.of(new Member(5, 6, 6, 4, "127.0.0.1:1")),
              Set.of(new Life(1, 2)),
              Set.of()),
          new StoreMessage.Pull(1),
          new StoreMessage.Digest(
              1, List.of(new StoreMessage.Line("key", EPOCH, VERSION)), true, Set.of(LIFE)),
          new StoreMessage.Fetch(1, List.of("a", "b")),
          new StoreMessage.Fetched(1, "a", VERSION, CONTENT),
          new StoreMessage.Admit(LIFE),
          new StoreMessage.Admitted(LIFE),
          new StoreMessage.Prepare(1, "a", EPOCH, VERSION),
          new StoreMessage.Promised(1, VERSION, Optional.of(CONTENT)),
          new StoreMessage.Promised(1, VERSION, Optional.empty()),
          new StoreMessage.Refused(1, EPOCH),
          new StoreMessage.Write(1, "a", VERSION, VERSION.next(), false, CONTENT),
          new StoreMessage.Written(1),
          new StoreMessage.Wanting(1));

  @Test
  void shouldCarryEveryKind() {
    assertThat(ALL)
        .allSatisfy(
            message ->
                assertThat(StoreWire.decode(StoreWire.encode(message)))
                    .usingRecursiveComparison()
                    .isEqualTo(message));
    assertThat(ALL.stream().map(Object::getClass).distinct())
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(StoreMessage.class.getPermittedSubclasses()).toList());
  }

  @Test
  void shouldKeepTheNumbersOfItsKinds() {
    assertThat(ALL)
        .extracting(message -> (int) StoreWire.encode(message)[0])
        .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 10, 11, 12);
  }

  @Test
  void shouldRefuseAKindThatIsNotKnown() {
    assertThatThrownBy(() -> StoreWire.decode(new byte[] {77, 0}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("77");
  }
}
