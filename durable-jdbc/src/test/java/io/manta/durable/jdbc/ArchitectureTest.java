package io.manta.durable.jdbc;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/// What this module may use.
class ArchitectureTest {
  @Test
  void shouldUseOnlyWhatUsersSeeOfOtherModules() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "io.manta.durable.jdbc",
            "io.manta.actors",
            "io.manta.core",
            "com.zaxxer.hikari",
            "org.jspecify.annotations",
            "java..")
        .check(
            new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("io.manta.durable.jdbc"));
  }
}
