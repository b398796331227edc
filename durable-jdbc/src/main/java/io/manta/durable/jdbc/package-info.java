/// Keeps the state of durable actors in a SQL database: what the setting `durable-store` means when
/// it begins with `jdbc:`.
@NullMarked
package io.manta.durable.jdbc;

import org.jspecify.annotations.NullMarked;
