package io.manta.actors.internal.durable;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class StoreFileTest {
  private static final Version FIRST = new Version(new Epoch(1, 7), 1);

  @TempDir private Path folder;

  private Path file() {
    return StoreFile.in(folder);
  }

  private static byte[] bytes(int size) {
    return new byte[size];
  }

  @Test
  void shouldKeepWhatWasCommitted() {
    Life life;
    try (StoreFile store = StoreFile.open(file())) {
      life = store.life();
      store.replace("a", FIRST, new Content(Optional.of(bytes(3)), List.of(bytes(1), bytes(2))));
      store.add("a", FIRST.next(), List.of(bytes(4)));
      store.promise("b", new Epoch(9, 9));
      store.saveMembers(List.of(new Member(1, 2, 3, 4, "127.0.0.1:25520")));
      store.commit();
    }

    try (StoreFile store = StoreFile.open(file())) {
      assertThat(store.life()).isEqualTo(new Life(life.store(), life.run() + 1));
      assertThat(store.head("a")).isEqualTo(new Head(FIRST.epoch(), FIRST.next()));
      assertThat(store.head("b")).isEqualTo(new Head(new Epoch(9, 9), Version.NONE));
      Content content = store.content("a");
      assertThat(content.snapshot().orElseThrow()).hasSize(3);
      assertThat(content.events()).extracting(event -> event.length).containsExactly(1, 2, 4);
      assertThat(store.members()).containsExactly(new Member(1, 2, 3, 4, "127.0.0.1:25520"));
    }
  }

  @Test
  void shouldReplaceLongerContent() {
    try (StoreFile store = StoreFile.inMemory()) {
      store.replace("a", FIRST, new Content(Optional.of(bytes(3)), List.of(bytes(1), bytes(2))));
      store.replace("a", FIRST.next(), new Content(Optional.empty(), List.of(bytes(5))));

      assertThat(store.content("a").snapshot()).isEmpty();
      assertThat(store.content("a").events()).hasSize(1);
      var keys = new ArrayList<String>();
      store.forEach((key, head) -> keys.add(key));
      assertThat(keys).containsExactly("a");
    }
  }

  @Test
  void shouldUseTheSpaceOfWhatWasReplaced() throws IOException {
    try (StoreFile store = StoreFile.open(file(), Duration.ZERO)) {
      Version version = FIRST;
      for (int i = 0; i < 3_000; i++) {
        store.replace("key" + i % 20, version, new Content(Optional.of(bytes(10_000)), List.of()));
        store.commit();
        version = version.next();
      }
    }

    assertThat(Files.size(file())).isLessThan(10 << 20);
  }
}
