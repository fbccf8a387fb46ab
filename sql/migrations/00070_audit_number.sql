-- +goose Up
-- n numbers the rows as they are inserted, which is not the order they become
-- visible in and has holes; the seal gives the dense numbers. digest is the
-- SHA-256 of what the object's figures were after the act. The longer keys hold
-- what a search narrows by, so that it reads the index alone.
ALTER TABLE audit
  ADD COLUMN n BIGINT NOT NULL AUTO_INCREMENT,
  ADD COLUMN digest BINARY(32) NULL,
  ADD UNIQUE KEY audit_n (n),
  DROP KEY audit_station, DROP KEY audit_staff, DROP KEY audit_member, DROP KEY audit_object, DROP KEY audit_action,
  ADD KEY audit_station (station, at, id, action, object, object_id, result),
  ADD KEY audit_staff (staff, at, id, station, action, object, object_id, result),
  ADD KEY audit_member (member, at, id, station, action, object, object_id, result),
  ADD KEY audit_object (object, object_id, at, id, station, staff, member, action, result),
  ADD KEY audit_action (station, action, at, id, result);
