package actions

// userRef addresses a user by {id}, which Okta also takes as a login.
type userRef struct {
	ID string `json:"id" title:"ID" required:"true" pattern:"[^.]" hint:"must not be dots alone" source:"selectUser" example:"ada@example.com" doc:"The user: an id, a login, or the part of a login before the @ where no other user has the same. A login with a slash works by id only."`
}

// userIDRef addresses a user by {userId}, which Okta documents as an id only.
type userIDRef struct {
	UserID string `json:"userId" title:"User ID" required:"true" pattern:"[^.]" hint:"must not be dots alone" source:"selectUser" example:"00u1emaK22TWRYd3TtG7" doc:"The user's id."`
}
