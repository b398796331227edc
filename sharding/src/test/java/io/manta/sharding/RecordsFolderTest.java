package io.manta.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordsFolderTest {
  private static final byte[] OLD = {1, 2, 3};
  private static final byte[] NEW = {4, 5, 6, 7};

  @TempDir private Path state;

  @Test
  void shouldReadWhatWasWrittenLastOfEachKey() throws IOException {
    String id;
    try (var folder = RecordsFolder.open(state)) {
      assertThat(folder.read()).isEmpty();
      id = folder.id();
      folder.write("a", OLD);
      folder.write("b", OLD);
      folder.write("a", NEW);
    }
    try (var folder = RecordsFolder.open(state)) {
      assertThat(folder.read()).containsOnly(Map.entry("a", NEW), Map.entry("b", OLD));
      assertThat(folder.id()).isEqualTo(id);
    }
  }

  @Test
  void shouldDropWhatWasNotWrittenToItsEnd() throws IOException {
    try (var folder = RecordsFolder.open(state)) {
      folder.write("a", OLD);
      byte[] whole = Files.readAllBytes(folder.file("a"));
      Path torn = folder.file("a").resolveSibling("a.data.next");
      Files.write(torn, Arrays.copyOf(whole, whole.length - 1));

      assertThat(folder.read()).containsOnly(Map.entry("a", OLD));
      assertThat(torn).doesNotExist();
    }
  }

  @Test
  void shouldNameAFileThatIsDamaged() throws IOException {
    try (var folder = RecordsFolder.open(state)) {
      folder.write("a", OLD);
      Path file = folder.file("a");
      byte[] whole = Files.readAllBytes(file);
      for (int at = 0; at < whole.length; at++) {
        byte[] damaged = whole.clone();
        damaged[at] ^= 0x10;
        Files.write(file, damaged);
        assertThatThrownBy(folder::read)
            .isInstanceOf(ConfigurationException.class)
            .hasMessageContaining(file.toString());
        Files.write(file, Arrays.copyOf(whole, at));
        assertThatThrownBy(folder::read)
            .isInstanceOf(ConfigurationException.class)
            .hasMessageContaining("move the file away");
      }
      Files.write(file, whole);
      assertThat(folder.read()).containsOnly(Map.entry("a", OLD));
    }
  }

  @Test
  void shouldBeUsedByOneNodeAtATime() {
    try (var ignored = RecordsFolder.open(state)) {
      assertThatThrownBy(() -> RecordsFolder.open(state))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("used by another node");
    }
    RecordsFolder.open(state).close();
  }

  @Test
  void shouldNameAFolderThatCannotBeMade() throws IOException {
    Path file = Files.writeString(state.resolve("file"), "no folder");
    assertThatThrownBy(() -> RecordsFolder.open(file))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("state-folder");
  }
}
